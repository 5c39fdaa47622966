/**
 * One chain: a plain state, and a function that makes the next draws from it.
 *
 * Every transition takes its random numbers from (seed, chain, number of the transition), so a chain may stop after any
 * draw, go through JSON, move to another worker, and go on with the same bits.
 */
import { InputRefused, isTwotimeError } from '../../base/errors.ts';
import { fold, log, type RandomKey } from '../../math/index.ts';
import { isFinite, type Evaluation, type LogDensity } from '../log-density.ts';
import { streamKey } from '../streams.ts';
import { averagedStep, learn, startAveraging, type DualAveraging } from './step-size.ts';
import { leapfrog, transition, withMomentum, type Divergence, type Transition } from './trajectory.ts';
import { addPosition, emptyScatter, firstWindow, metricOf, windowEnds, type Scatter } from './warmup.ts';

export interface ChainSettings {
  readonly seed: number;
  /** Transitions that adapt and are not kept. */
  readonly warmup: number;
  /** Mean acceptance that the step size aims at. */
  readonly targetAcceptance: number;
  /** Whether the warmup learns a metric of its own. */
  readonly adaptMetric: boolean;
  readonly maxDepth: number;
  readonly maxEnergyError: number;
  /** A step size that stays as it is; absent: found and adapted. */
  readonly stepSize?: number | undefined;
}

export const CHAIN_DEFAULTS: Omit<ChainSettings, 'seed'> = {
  warmup: 150,
  targetAcceptance: 0.8,
  adaptMetric: false,
  maxDepth: 10,
  maxEnergyError: 1000,
};

/** Everything a chain is, in plain numbers. */
export interface ChainState {
  readonly chain: number;
  /** Transitions so far, warmup included. */
  readonly transitions: number;
  readonly position: readonly number[];
  readonly value: number;
  readonly gradient: readonly number[];
  readonly aside: readonly number[] | null;
  /** Factor of the metric, shape (d, d) row-major. */
  readonly metric: readonly number[];
  readonly stepSize: number;
  /** Null after the warmup, or with a given step size. */
  readonly averaging: DualAveraging | null;
  /** Null outside slow windows. */
  readonly scatter: Scatter | null;
}

/** A divergence and the draw it belongs to. */
export interface ChainDivergence extends Divergence {
  readonly chain: number;
  /** Number of the draw, from 0; negative in the warmup. */
  readonly draw: number;
}

/** What is kept of one draw. */
export interface Draw {
  readonly position: readonly number[];
  readonly logDensity: number;
  readonly aside: readonly number[] | null;
  readonly energy: number;
  readonly acceptance: number;
  readonly stepSize: number;
  readonly depth: number;
  readonly leapfrogs: number;
  readonly diverging: boolean;
}

export interface Advance {
  readonly state: ChainState;
  /** Draws after the warmup, in order. */
  readonly draws: readonly Draw[];
  readonly divergences: readonly ChainDivergence[];
  /** Gradients that were computed, the warmup’s included. */
  readonly gradients: number;
}

/** Random numbers that are not those of a transition. */
const STEP_SEARCH = 2;

function keyOf(settings: ChainSettings, chain: number, transition: number): RandomKey {
  return fold(fold(streamKey(settings.seed, 'chains'), chain), transition);
}

/**
 * A chain at its start. `metric` is the lower factor of the inverse mass matrix. `InputRefused` where the density or its
 * gradient is not a number.
 */
export async function startChain(
  density: LogDensity,
  chain: number,
  position: Float64Array,
  metric: readonly number[],
  settings: ChainSettings,
): Promise<ChainState> {
  const evaluation = await density(position);
  if (!isFinite(evaluation)) {
    const what = evaluation.value === -Infinity ? 'zero' : 'not a number';
    throw new InputRefused(`the posterior density is ${what} at the start of chain ${chain + 1}`, {
      help: 'start inside the bounds and where the priors allow it',
    });
  }
  const plain = { ...plainEvaluation(position, evaluation), chain, transitions: 0, metric, scatter: null };
  if (settings.stepSize !== undefined) return { ...plain, stepSize: settings.stepSize, averaging: null };
  const key = fold(keyOf(settings, chain, 0), STEP_SEARCH);
  const stepSize = await searchStep(density, { ...plain, stepSize: 1, averaging: null }, 1, key);
  return { ...plain, stepSize, averaging: startAveraging(stepSize) };
}

function plainEvaluation(
  position: Float64Array,
  { value, gradient, aside }: Evaluation,
): Pick<ChainState, 'position' | 'value' | 'gradient' | 'aside'> {
  return { position: Array.from(position), value, gradient: Array.from(gradient), aside: aside ?? null };
}

function evaluationOf({ value, gradient, aside }: ChainState): Evaluation {
  return { value, gradient: Float64Array.from(gradient), aside: aside ?? undefined };
}

/** Acceptance of one step that the first guess of a step size should come near. */
const LOG_WANTED = log(0.8);

/** Double or halve the step until one step crosses the wanted acceptance (Hoffman & Gelman 2014, algorithm 4). */
async function searchStep(density: LogDensity, state: ChainState, first: number, key: RandomKey): Promise<number> {
  const position = Float64Array.from(state.position);
  const evaluation = evaluationOf(state);
  let step = first;
  let growing: boolean | null = null;
  for (let attempt = 0; attempt < 100; attempt++) {
    const place = withMomentum(position, evaluation, state.metric, fold(key, attempt));
    const { energy } = await leapfrog(density, state.metric, place, step);
    const good = place.energy - energy > LOG_WANTED;
    if (growing !== null && good !== growing) return step;
    growing ??= good;
    step *= growing ? 2 : 0.5;
  }
  throw new InputRefused(`no step size suits the posterior density at the start of chain ${state.chain + 1}`, {
    help: 'check that the posterior is proper: give priors or bounds to parameters that the data leave open',
  });
}

/** One transition. */
async function step(
  density: LogDensity,
  state: ChainState,
  settings: ChainSettings,
): Promise<{ readonly state: ChainState; readonly made: Transition; readonly gradients: number }> {
  const key = keyOf(settings, state.chain, state.transitions);
  const start = withMomentum(Float64Array.from(state.position), evaluationOf(state), state.metric, key);
  const options = { ...settings, stepSize: state.stepSize };
  const made = await transition(density, state.metric, start, options, key);
  const moved: ChainState = {
    ...state,
    ...plainEvaluation(made.place.position, made.place.evaluation),
    transitions: state.transitions + 1,
  };
  if (state.transitions >= settings.warmup) return { state: moved, made, gradients: made.leapfrogs };
  const adapted = await adapt(density, moved, made, settings, key);
  return { ...adapted, made, gradients: made.leapfrogs + adapted.gradients };
}

/** What the warmup learns from a transition that was made. */
async function adapt(
  density: LogDensity,
  moved: ChainState,
  { acceptance, place }: Transition,
  settings: ChainSettings,
  key: RandomKey,
): Promise<{ readonly state: ChainState; readonly gradients: number }> {
  const { warmup, targetAcceptance, adaptMetric } = settings;
  const done = moved.transitions;
  const learnt = moved.averaging === null ? null : learn(moved.averaging, acceptance, targetAcceptance);
  let state: ChainState = learnt === null ? moved : { ...moved, averaging: learnt.state, stepSize: learnt.stepSize };
  let gradients = 0;
  const ends = adaptMetric ? windowEnds(warmup) : [];
  if (ends.length > 0 && done > firstWindow(warmup) && done <= ends.at(-1)!) {
    const scatter = addPosition(state.scatter ?? emptyScatter(state.position.length), place.position);
    const metric = ends.includes(done) ? metricOf(scatter) : null;
    state = { ...state, scatter: ends.includes(done) ? null : scatter };
    if (metric !== null) {
      state = { ...state, metric };
      if (state.averaging !== null) {
        let counted = 0;
        const counting: LogDensity = (position) => {
          counted += 1;
          return density(position);
        };
        const stepSize = await searchStep(counting, state, state.stepSize, fold(key, STEP_SEARCH));
        gradients = counted;
        state = { ...state, stepSize, averaging: startAveraging(stepSize) };
      }
    }
  }
  if (done === warmup && state.averaging !== null) {
    state = { ...state, stepSize: averagedStep(state.averaging), averaging: null };
  }
  return { state, gradients };
}

/**
 * Advance a chain until it has made `draws` draws after its warmup in all. Stops after any draw when the signal is
 * aborted, or when the density rejects with `Cancelled`; the transition under way is then made again, with the same
 * bits, by whoever goes on.
 */
export async function advanceChain(
  density: LogDensity,
  from: ChainState,
  settings: ChainSettings,
  draws: number,
  signal?: AbortSignal,
): Promise<Advance> {
  let state = from;
  let gradients = 0;
  const kept: Draw[] = [];
  const divergences: ChainDivergence[] = [];
  const stopped = (): boolean => signal?.aborted === true;
  while (state.transitions < settings.warmup + draws && !stopped()) {
    let next;
    try {
      next = await step(density, state, settings);
    } catch (error) {
      if (isTwotimeError(error, 'Cancelled')) break;
      throw error;
    }
    const { made } = next;
    const draw = state.transitions - settings.warmup;
    if (made.divergence !== null) divergences.push({ ...made.divergence, chain: state.chain, draw });
    if (draw >= 0) kept.push(drawOf(made, state.stepSize));
    state = next.state;
    gradients += next.gradients;
  }
  return { state, draws: kept, divergences, gradients };
}

function drawOf({ place, acceptance, depth, leapfrogs, divergence }: Transition, stepSize: number): Draw {
  return {
    position: Array.from(place.position),
    logDensity: place.evaluation.value,
    aside: place.evaluation.aside ?? null,
    energy: place.energy,
    acceptance,
    stepSize,
    depth,
    leapfrogs,
    diverging: divergence !== null && !divergence.outside,
  };
}
