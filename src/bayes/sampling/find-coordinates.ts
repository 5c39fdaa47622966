/**
 * Mode and coordinates together: natural triples where the posterior keeps clear of the bounds and of a vanishing rate,
 * straight ones where it does not.
 */
import type { TaskContext } from '../../base/task-context.ts';
import type { Warning } from '../../base/events.ts';
import { fold, keyFromSeed } from '../../math/index.ts';
import type { ParameterValues } from '../../model/transport-law.ts';
import { freeParameters } from '../../nlsq/free-parameters.ts';
import { congruence } from '../../nlsq/linear-algebra.ts';
import { proposalDraw } from '../importance/proposal.ts';
import { findMode, type Mode, type NoMode } from '../laplace/find-mode.ts';
import { transpose, type Adjustment } from '../posterior/curvature-adjustment.ts';
import {
  parameterPriors,
  twoTimePosterior,
  type PosteriorOptions,
  type PosteriorOrigin,
  type PosteriorProblem,
  type TwoTimePosterior,
} from '../posterior/index.ts';

export interface Located {
  readonly posterior: TwoTimePosterior;
  /** What the posterior was bound with. */
  readonly bound: { readonly origin: PosteriorOrigin; readonly options: PosteriorOptions };
  readonly mode: Mode | NoMode;
  readonly warnings: readonly Warning[];
}

/** First differences go this far: small beside any standard deviation that is worth sampling. */
const FIRST_SCALE = 1e-3;
/** Draws of the Laplace approximation that are looked at, and the share that may lie outside the box. */
const LOOKED_AT = 200;
const MOST_OUTSIDE = 0.02;
/** Largest standard deviation of ln F in the form that cannot reach F ≤ 0, which the priors may allow. */
const WIDEST = 0.25;
/** A start at or beyond a limit is moved inside by this share of the way to the median of the prior. */
const INSIDE = 1e-3;

/** Find the coordinates to sample in, and the mode there. */
export async function findCoordinates(
  problem: PosteriorProblem,
  origin: PosteriorOrigin,
  options: PosteriorOptions,
  context: TaskContext,
): Promise<Located> {
  const warnings: Warning[] = [];
  const bent = await locate(problem, origin, options, context);
  const leaning = leaningTriples(bent);
  if (leaning.size === 0) return { ...bent, warnings };
  warnings.push({
    code: 'rate-wide-open',
    text: `the data leave the rate with ${[...leaning].join(' and ')} wide open or at its bounds; its parameters are sampled one by one`,
  });
  const straight = await locate(problem, origin, { ...options, straight: leaning }, context);
  return { ...straight, warnings };
}

async function locate(
  problem: PosteriorProblem,
  origin: PosteriorOrigin,
  asked: PosteriorOptions,
  context: TaskContext,
): Promise<Pick<Located, 'posterior' | 'bound' | 'mode'>> {
  const { adjustment } = asked;
  const values = movedInside(problem, origin.values);
  const find = async (options: PosteriorOptions): Promise<Pick<Located, 'posterior' | 'bound' | 'mode'>> => {
    const bound = { origin: { ...origin, values }, options };
    const posterior = await twoTimePosterior(problem, bound.origin, options, context);
    const { free, coordinates } = posterior;
    const theta = Float64Array.from(free.names, (name) => values[name]!);
    const scale = new Float64Array(theta.length).fill(FIRST_SCALE);
    const mode = await findMode(posterior.density(context), coordinates.locate(theta), { scale });
    return { posterior, bound, mode };
  };
  if (adjustment === undefined || adjustment.peak !== undefined) return find(asked);
  const plain = await find({ ...asked, adjustment: undefined });
  // Without a peak of its own the likelihood is adjusted around the fit.
  return find({ ...asked, adjustment: { ...adjustment, ...peakOf(plain) } });
}

/**
 * Where the likelihood of independent points has its peak, and the inverse of its curvature there. Priors, which take part in
 * this mode, weigh nothing beside so narrow a likelihood.
 */
function peakOf({ posterior, mode }: Pick<Located, 'posterior' | 'mode'>): Partial<Adjustment> {
  if ('reason' in mode) return {};
  const { theta, jacobian } = posterior.coordinates.at(mode.position);
  const size = theta.length;
  return { peak: theta, independent: congruence(mode.covariance, size, transpose(jacobian, size), size) };
}

/** The same values, with free parameters that are at or beyond a limit of bounds and prior moved off it. */
function movedInside(problem: PosteriorProblem, values: ParameterValues): ParameterValues {
  const free = freeParameters(problem.parameters);
  const priors = parameterPriors(problem, free);
  const theta = Float64Array.from(free.names, (name, i) => {
    const { lower, upper } = priors[i]!;
    const value = values[name]!;
    // Amplitudes span decades: a share of the median is inside enough of their lower limit.
    const nearLower = lower + INSIDE * (priors[i]!.quantile(0.5) - lower);
    const nearUpper = upper - INSIDE * (upper - priors[i]!.quantile(0.5));
    if (value <= lower) return nearLower;
    return value >= upper ? nearUpper : value;
  });
  return free.values(theta);
}

/** Amplitudes of the bent triples of which too much lies outside the bounds, or which the data leave wide open. */
function leaningTriples({ posterior, mode }: Pick<Located, 'posterior' | 'mode'>): Set<string> {
  const { coordinates, priors } = posterior;
  if ('reason' in mode) return new Set(coordinates.bent.map(({ amplitude }) => amplitude));
  const draws = Array.from({ length: LOOKED_AT }, (_, n) => {
    const frame = { centre: mode.position, factor: mode.factor };
    return posterior.theta(proposalDraw('normal', frame, fold(keyFromSeed(0), n)));
  });
  const outside = (theta: Float64Array, i: number): boolean =>
    !(theta[i]! >= priors[i]!.lower && theta[i]! <= priors[i]!.upper);
  const size = mode.position.length;
  const leaning = coordinates.bent.filter(
    ({ indices, form }) =>
      (form === 'log' && Math.sqrt(mode.covariance[indices[0] * (size + 1)]!) > WIDEST) ||
      draws.filter((theta) => indices.some((i) => outside(theta, i))).length > MOST_OUTSIDE * LOOKED_AT,
  );
  return new Set(leaning.map(({ amplitude }) => amplitude));
}
