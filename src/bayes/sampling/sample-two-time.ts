/**
 * The posterior of a two-time fit: mode, importance sampling, and chains where that is not enough.
 *
 * ```ts
 * const sampled = await sampleTwoTime(problem, origin, { seed: 1 }, { signal });
 * if (sampled.verdict.level === 'do-not-report') …
 * ```
 */
import { Cancelled, InputRefused } from '../../base/errors.ts';
import type { Warning } from '../../base/events.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import { freeParameters } from '../../nlsq/free-parameters.ts';
import {
  importanceSample,
  judgeImportance,
  resample,
  startingDraws,
  type ImportanceSample,
  type ImportanceVerdict,
} from '../importance/index.ts';
import type { ConsensusReport } from '../consensus/report.ts';
import type { Mode } from '../laplace/find-mode.ts';
import type { LogDensity } from '../log-density.ts';
import {
  advanceHere,
  AGREEMENT,
  CHAIN_DEFAULTS,
  coordinates,
  sampleChains,
  sideBySide,
  startChains,
  unitMetric,
  type Agreement,
  type Chain,
  type ChainMethod,
  type ChainSettings,
  type SampledChains,
} from '../nuts/index.ts';
import type { FitAdjustment, PosteriorOrigin, PosteriorProblem, TwoTimePosterior } from '../posterior/index.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { chainsElsewhere, type ChainsElsewhere } from './chain-task.ts';
import { findCoordinates } from './find-coordinates.ts';
import { plainPosterior } from './plain-posterior.ts';
import {
  parameterDraws,
  scalingDraws,
  summarise,
  type PosteriorDraw,
  type Quantity,
  type Summary,
} from './quantities.ts';
import { streamKey } from '../streams.ts';
import { judgeChains, judgeWeights, type Verdict } from './verdict.ts';

export interface SampleOptions {
  readonly seed: number;
  /** `auto`: importance sampling if its answer may stand, else chains. Default `auto`. */
  readonly method?: 'auto' | 'psis' | 'nuts' | undefined;
  readonly chains?: number | undefined;
  /** Per chain. */
  readonly warmup?: number | undefined;
  /** Per chain, at most; also the draws of importance sampling, times the chains. */
  readonly draws?: number | undefined;
  /** Draws from each of the two proposals of importance sampling. */
  readonly proposals?: number | undefined;
  /** Proposals weighed at the same time: those of one round where sweeps are distributed. Default 32. */
  readonly proposalsAtOnce?: number | undefined;
  /** When chains stop early; null: never. */
  readonly until?: Agreement | null | undefined;
  /** Seconds for chains, counted from the beginning. */
  readonly maxSeconds?: number | undefined;
  readonly chainMethod?: ChainMethod | undefined;
  /** Chains advance on the workers of this backend, each on its own; absent: here, sharing passes over the data. */
  readonly backend?: ExecutionBackend | undefined;
  /** Gives the posterior the width of a covariance of the fit (`fitAdjustment`); absent: all points count as independent. */
  readonly adjustment?: FitAdjustment | undefined;
  /** Told what is known after the mode and after importance sampling, before any chain. */
  readonly provisional?: ((found: Provisional) => void) | undefined;
  /** Told after each block of chains; what it is told may be kept as JSON. */
  readonly afterBlock?: ((far: ChainsSoFar) => void | Promise<void>) | undefined;
  /** Chains of the same question to take up where they were. They go on to the draws they would have had. */
  readonly resumeFrom?: ChainsSoFar | undefined;
}

/** Chains as far as they have come; numbers and text only. */
export interface ChainsSoFar {
  readonly settings: ChainSettings;
  readonly chains: readonly Chain[];
}

export interface Provisional {
  readonly posterior: TwoTimePosterior;
  readonly mode: Mode;
  readonly importance: { readonly sample: ImportanceSample; readonly verdict: ImportanceVerdict } | null;
}

export interface SampledPosterior {
  readonly method: 'psis' | 'nuts' | 'cmc';
  readonly posterior: TwoTimePosterior;
  /** Null where the posterior has no mode with a usable Hessian. */
  readonly mode: Mode | null;
  readonly importance: Provisional['importance'];
  /** Null for importance sampling and consensus. */
  readonly chains: SampledChains | null;
  /** What the shards said; null without shards. */
  readonly consensus?: ConsensusReport | null | undefined;
  readonly settings: ChainSettings;
  /** Moving parameters, then contrast, offset and noise per angle, each of shape (chains, draws). */
  readonly quantities: readonly Quantity[];
  readonly summaries: readonly Summary[];
  readonly verdict: Verdict;
  readonly warnings: readonly Warning[];
}

/** Enough to find the step size when metric and starts are already the posterior's. */
const SHORT_WARMUP = 50;
/** Where the Laplace approximation is far off, or there is none, the warmup learns the metric as well. */
const LONG_WARMUP = 400;
/** Effective share of the importance draws above which the covariance at the mode serves as metric. */
const NEAR_NORMAL = 0.1;
const DRAWS = 1000;
const CHAINS = 4;
/** Aimed at after divergences: shorter steps. */
const CAREFUL = 0.9;

/**
 * Sample the posterior. `origin` is the least-squares fit. Throws `ConfigRefused` for impossible priors, `InputRefused` for
 * data without a posterior, and `Cancelled` when stopped before there is a draw; chains stopped later are answered as far as
 * they came.
 */
export async function sampleTwoTime(
  problem: PosteriorProblem,
  origin: PosteriorOrigin,
  options: SampleOptions,
  context: TaskContext = {},
): Promise<SampledPosterior> {
  const { seed, method = 'auto', chains: count = CHAINS, draws = DRAWS } = options;
  if (!(count >= 1 && draws >= 4)) {
    throw new InputRefused(`${count} chains of ${draws} draws are no sample`, {
      help: 'ask for at least one chain of four draws',
    });
  }
  if (freeParameters(problem.parameters).names.length === 0) {
    throw new InputRefused('there is no free parameter to sample', { help: 'let at least one parameter vary' });
  }
  const began = performance.now();
  const located = await findCoordinates(problem, origin, { adjustment: options.adjustment }, context);
  const { posterior } = located;
  const warnings: Warning[] = [...located.warnings, ...posterior.warnings];
  const mode = 'reason' in located.mode ? null : located.mode;
  if ('reason' in located.mode) {
    warnings.push({
      code: 'no-mode',
      text: `the search for the mode of the posterior ended ${ENDINGS[located.mode.reason]}; chains find their own metric`,
    });
  }

  let importance: Provisional['importance'] = null;
  if (mode !== null) {
    options.provisional?.({ posterior, mode, importance });
    throwIfCancelled(context);
    const frame = { centre: mode.position, factor: mode.factor };
    const asked = { seed, draws: options.proposals, atOnce: options.proposalsAtOnce };
    const sample = await importanceSample(posterior.value(context), frame, asked);
    importance = { sample, verdict: judgeImportance(sample) };
    options.provisional?.({ posterior, mode, importance });
  }

  const share =
    importance === null ? 0 : importance.sample.mixture.effectiveSize / importance.sample.mixture.positions.length;
  const adaptMetric = !(share > NEAR_NORMAL);
  const warmup = options.warmup ?? (adaptMetric ? LONG_WARMUP : SHORT_WARMUP);
  const settings: ChainSettings = { ...CHAIN_DEFAULTS, seed, warmup, adaptMetric };
  const points = Float64Array.from(problem.sweeps.data.excluded, (excluded) => {
    const { frames } = problem.sweeps.data;
    return (frames * (frames - 1)) / 2 - excluded;
  });
  const given = options.adjustment?.scaling ?? null;
  const answer = { posterior, mode, importance };

  if (importance !== null && (method === 'psis' || (method === 'auto' && importance.verdict.accepted))) {
    const { mixture, asides } = importance.sample;
    const picked = resample(mixture.logWeights, count * draws, streamKey(seed, 'resampling'));
    const all = Array.from(picked, (k): PosteriorDraw => ({ position: mixture.positions[k]!, aside: asides[k]! }));
    const quantities = [...parameterDraws(posterior, [all]), ...scalingDraws(posterior, points, [all], seed, given)];
    const summaries = quantities.map((quantity) => summarise(quantity, false));
    const verdict = judgeWeights(importance.verdict);
    return { ...answer, method: 'psis', chains: null, settings, quantities, summaries, verdict, warnings };
  }
  if (method === 'psis') {
    throw new InputRefused('importance sampling needs a mode, and the posterior has none that can be used', {
      help: 'sample with method nuts, or fix parameters that the data leave open',
    });
  }

  const density = posterior.density(context);
  const starts = startPositions(located.mode.position, importance, count, seed);
  const metric = mode?.factor ?? unitMetric(posterior.free.names.length);
  await using elsewhere =
    options.backend === undefined
      ? null
      : await chainsElsewhere(
          problem.sweeps.data,
          plainPosterior(problem, located.bound.origin, located.bound.options),
          options.backend,
          context,
        );
  const sampled = await runChains({
    elsewhere,
    density,
    starts,
    metric,
    settings,
    options,
    draws,
    began,
    posterior,
    context,
  });
  if (sampled.chains.chains.some((chain) => chain.draws.length < 4)) {
    throw new Cancelled('stopped before the chains had drawn anything', { cause: context.signal?.reason });
  }
  const kept = cutToShortest(sampled.chains.chains);
  const quantities = [...parameterDraws(posterior, kept), ...scalingDraws(posterior, points, kept, seed, given)];
  const summaries = quantities.map((quantity) => summarise(quantity, true));
  return {
    ...answer,
    ...{ method: 'nuts', chains: sampled.chains, settings: sampled.settings, quantities, summaries },
    // Contrast, offset and noise are drawn exactly at each draw: what has to agree are the parameters.
    verdict: judgeChains(sampled.chains.chains, summaries.slice(0, posterior.free.moving.length), settings.maxDepth),
    warnings: [...warnings, ...sampled.warnings],
  };
}

const ENDINGS = {
  'at the edge of the support': 'at a bound',
  'no maximum': 'where it is flat',
  'not converged': 'before it converged',
} as const;

/** Draws of importance sampling that differ, or the best point known. */
function startPositions(
  best: Float64Array,
  importance: Provisional['importance'],
  count: number,
  seed: number,
): Float64Array[] {
  if (importance === null || !(importance.sample.mixture.effectiveSize > 0)) {
    return Array.from({ length: count }, () => best);
  }
  const { positions, logWeights } = importance.sample.mixture;
  return startingDraws(logWeights, count, streamKey(seed, 'starts')).map((k) => positions[k]!);
}

interface ChainRun {
  readonly elsewhere: ChainsElsewhere | null;
  readonly density: LogDensity;
  readonly starts: readonly Float64Array[];
  readonly metric: readonly number[];
  readonly settings: ChainSettings;
  readonly options: SampleOptions;
  readonly draws: number;
  readonly began: number;
  readonly posterior: TwoTimePosterior;
  readonly context: TaskContext;
}

/** Chains until they agree; begun again with shorter steps when they diverge in their first block. */
async function runChains(
  run: ChainRun,
): Promise<{ readonly chains: SampledChains; readonly settings: ChainSettings; readonly warnings: Warning[] }> {
  const { elsewhere, density, starts, metric, options, draws, began, posterior, context } = run;
  const method = options.chainMethod ?? sideBySide;
  const until = options.until === undefined ? AGREEMENT : options.until;
  const quantities = (chains: Parameters<typeof coordinates>[0]): ReturnType<typeof coordinates> => [
    ...coordinates(chains),
    ...parameterDraws(posterior, chains).map((quantity) => quantity.draws),
  ];
  const clock = (): number => (performance.now() - began) / 1000;
  const sample = async (settings: ChainSettings, from: readonly Chain[], maxDraws: number): Promise<SampledChains> => {
    const maxSeconds = options.maxSeconds === undefined ? undefined : options.maxSeconds - clock();
    const advance = elsewhere?.advance(settings) ?? advanceHere(density, settings, context.signal);
    return sampleChains(from, advance, {
      rule: { until, maxDraws, maxSeconds },
      ...{ method, quantities, signal: context.signal },
      afterBlock: async (chains) => {
        const done = Math.min(...chains.map((chain) => chain.draws.length));
        context.progress?.({ kind: 'progress', stage: 'sample', done, total: draws });
        await options.afterBlock?.({ settings, chains });
      },
    });
  };
  const begin = (settings: ChainSettings): Promise<Chain[]> => startChains(density, starts, metric, settings, method);
  const first = Math.min(draws, FIRST_LOOK);
  const warnings: Warning[] = [];
  let settings = options.resumeFrom?.settings ?? run.settings;
  let sampled = await sample(settings, options.resumeFrom?.chains ?? (await begin(settings)), first);
  const careful = settings.targetAcceptance >= CAREFUL;
  const diverged = sampled.chains
    .flatMap((chain) => chain.draws.slice(0, first))
    .filter(({ diverging }) => diverging).length;
  if (careful || (diverged > 0 && context.signal?.aborted !== true)) {
    warnings.push({
      code: 'chains-begun-again',
      text: `some of the first draws diverged; the chains were begun again with shorter steps (acceptance ${CAREFUL})`,
    });
  }
  if (!careful && diverged > 0 && context.signal?.aborted !== true) {
    settings = { ...settings, targetAcceptance: CAREFUL };
    sampled = await sample(settings, await begin(settings), first);
  }
  if (sampled.stoppedBy === 'draws' && first < draws) sampled = await sample(settings, sampled.chains, draws);
  return { chains: sampled, settings, warnings };
}

/** Draws per chain before the first look at divergences: one block. */
const FIRST_LOOK = 50;

function cutToShortest(chains: readonly Chain[]): (readonly PosteriorDraw[])[] {
  const shortest = Math.min(...chains.map((chain) => chain.draws.length));
  return chains.map((chain) => chain.draws.slice(0, shortest));
}
