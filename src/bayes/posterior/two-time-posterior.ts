/**
 * The posterior of the two-time model as a log density in unconstrained coordinates: one sweep, value and gradient.
 *
 *   ln p(z | data) = ln L(θ(z)) + Σ ln prior_i(θ_i(z)) + ln |det ∂θ/∂z| + constant
 *
 * with contrast, offset and noise integrated out of L. Priors and bounds are those of the user's parameters.
 */
import { InputRefused } from '../../base/errors.ts';
import type { Warning } from '../../base/events.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { AngleScaling, AngleSums, Sweeps } from '../../kernels/sweep.ts';
import type { Prior } from '../../model/parameters.ts';
import type { ParameterValues } from '../../model/transport-law.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import { coordinateSystem, type CoordinateSystem } from '../../nlsq/coordinates.ts';
import { freeParameters, type FreeParameters } from '../../nlsq/free-parameters.ts';
import { transposeTimes } from '../../nlsq/linear-algebra.ts';
import { naturalColumns } from '../../nlsq/natural-columns.ts';
import type { ParameterSetting, ScalingChoice } from '../../nlsq/problem.ts';
import { eliminate, scalingGroups } from '../../nlsq/scaling.ts';
import type { LogDensity, LogValue } from '../log-density.ts';
import { priorDensity, type PriorDensity } from '../priors/index.ts';
import { curvatureAdjustment, type Adjustment } from './curvature-adjustment.ts';
import { marginalGradient, marginalValue, noiseBlocks, squaresOf, type MarginalModel } from './marginal-likelihood.ts';
import type { ScalingPrior } from './scaling-prior.ts';
import { samplingCoordinates, type Place, type SamplingCoordinates } from './sampling-coordinates.ts';

export interface PosteriorProblem {
  readonly model: TwoTimeModel;
  readonly sweeps: Sweeps;
  /** Relative σ of each angle, shape (P): it matters only where angles share coefficients. */
  readonly sigma: Float64Array;
  readonly parameters: readonly ParameterSetting[];
  /** Of the free parameters; those of fixed and tied ones are not looked at. */
  readonly priors: Readonly<Record<string, Prior>>;
  readonly scaling: ScalingChoice;
  /** Of contrast and offset of every angle; default: contrast uniform between 0 and 1, offset ~ N(1, 0.1²). */
  readonly scalingPrior?: ScalingPrior | undefined;
}

/** Where the posterior is looked at from: the best fit. */
export interface PosteriorOrigin {
  readonly values: ParameterValues;
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
}

export interface PosteriorOptions {
  /** Amplitudes of triples whose members get coordinates of their own. */
  readonly straight?: ReadonlySet<string> | undefined;
  /** Gives the likelihood the width of another covariance; absent: all points count as independent. */
  readonly adjustment?: Adjustment | undefined;
  /** Power that the priors are taken to, together with the Jacobian: 1/K for one of K shards of the data. Default 1. */
  readonly priorPower?: number | undefined;
}

export interface TwoTimePosterior {
  readonly free: FreeParameters;
  readonly system: CoordinateSystem;
  readonly coordinates: SamplingCoordinates;
  readonly priors: readonly PriorDensity[];
  readonly marginal: MarginalModel;
  readonly warnings: readonly Warning[];
  /** One `slopes` sweep. `aside` are the sums that contrast, offset and noise are drawn from (`scaling-draws.ts`). */
  density(context: TaskContext): LogDensity;
  /** One `sums` sweep. */
  value(context: TaskContext): LogValue;
  /** Free parameters in the user's units at z, shape (n). */
  theta(z: Float64Array): Float64Array;
}

export const DEFAULT_SCALING_PRIOR: ScalingPrior = {
  contrast: { lower: 0, upper: 1 },
  offset: { mean: 1, sd: 0.1 },
};

/** Amplitudes that are sampled on a logarithmic scale when they have a coordinate of their own. */
const AMPLITUDES: ReadonlySet<string> = new Set(['D0', 'gamma_dot_t0']);

/**
 * Bind the posterior to data: one `sums` sweep at the origin finds the scaling and the noise that differences are
 * counted from. `InputRefused` for data without noise, or with fewer points than unknowns in a block.
 */
export async function twoTimePosterior(
  problem: PosteriorProblem,
  origin: PosteriorOrigin,
  options: PosteriorOptions,
  context: TaskContext,
): Promise<TwoTimePosterior> {
  const { model, sweeps } = problem;
  const free = freeParameters(problem.parameters);
  const system = coordinateSystem(model, free);
  const { straight, priorPower: power = 1 } = options;
  const priors = parameterPriors(problem, free);
  const coordinates = samplingCoordinates({
    ...{ system, values: origin.values, straight, limits: priors, logarithmic: AMPLITUDES },
  });
  const marginal = await marginalAt(problem, origin, context);

  const adjustment =
    options.adjustment === undefined ? undefined : adjustmentAt(options.adjustment, free, coordinates, origin);
  const warnings = marginal.priors.flatMap((prior, g): Warning[] => {
    if (prior === null || prior === (problem.scalingPrior ?? DEFAULT_SCALING_PRIOR)) return [];
    const { lower, upper } = prior.contrast;
    const phi = marginal.groups[g]!.angles.map((a) => `${model.phi[a]}°`).join(', ');
    const text = `the best contrast at φ = ${phi} lies outside its prior, which was widened to ${lower.toPrecision(3)} … ${upper.toPrecision(3)}`;
    return [{ code: 'contrast-prior-widened', text }];
  });
  const physical = (theta: Float64Array): ParameterValues => free.values(theta);
  const priorAt = ({ theta }: Place): { readonly value: number; readonly slopes: Float64Array } => {
    let value = 0;
    const slopes = theta.map((x, i) => {
      const at = priors[i]!.at(x);
      value += at.value;
      return at.slope;
    });
    return { value, slopes };
  };
  const likelihoodPlace = (z: Float64Array): Place => {
    if (adjustment === undefined) return coordinates.at(z);
    return coordinates.at(adjusted(adjustment, z));
  };
  const outside = (n: number): { value: number; gradient: Float64Array } => ({
    value: -Infinity,
    gradient: new Float64Array(n),
  });

  const density =
    (context: TaskContext): LogDensity =>
    async (z) => {
      const n = z.length;
      const here = coordinates.at(z);
      const prior = priorAt(here);
      if (!(prior.value > -Infinity)) return outside(n);
      const place = likelihoodPlace(z);
      const values = physical(place.theta);
      if (!isUsable(values)) return outside(n);
      const { sensitivities, columns } = naturalColumns(
        free,
        { jacobian: place.jacobian, bent: coordinates.bent },
        model.sensitivities(values, free.moving),
      );
      const sums = await sweeps.slopes(model.physics(values), sensitivities, marginal.guess, context);
      const found = marginalValue(marginal, sums);
      const { value } = found;
      if (!(value > -Infinity)) return outside(n);
      const sweepGradient = marginalGradient(marginal, sums, found);
      let gradient = transposeTimes(columns, sums.parameters.length, n, sweepGradient);
      if (adjustment !== undefined) gradient = transposeTimes(adjustment.change, n, n, gradient);
      const priorGradient = transposeTimes(here.jacobian, n, n, prior.slopes);
      return {
        value: value + power * (prior.value + here.logDeterminant),
        gradient: gradient.map((slope, i) => slope + power * (priorGradient[i]! + here.logDeterminantSlope[i]!)),
        aside: asideOf(sums),
      };
    };

  const value =
    (context: TaskContext): LogValue =>
    async (z) => {
      const here = coordinates.at(z);
      const prior = priorAt(here);
      if (!(prior.value > -Infinity)) return { value: -Infinity };
      const values = physical(likelihoodPlace(z).theta);
      if (!isUsable(values)) return { value: -Infinity };
      const sums = await sweeps.sums(model.physics(values), marginal.guess, context);
      const likelihood = marginalValue(marginal, sums).value;
      return { value: likelihood + power * (prior.value + here.logDeterminant), aside: asideOf(sums) };
    };

  return {
    free,
    system,
    coordinates,
    priors,
    marginal,
    warnings,
    density,
    value,
    theta: (z) => coordinates.at(z).theta,
  };
}

/** Data whose best contrast lies outside the limits contradict them; a prior that reaches twice as far lets them speak. */
function widened(prior: ScalingPrior, contrast: number): ScalingPrior {
  const { lower, upper } = prior.contrast;
  if (contrast >= lower && contrast <= upper) return prior;
  return { ...prior, contrast: { lower: Math.min(lower, 2 * contrast), upper: Math.max(upper, 2 * contrast) } };
}

/** The prior of each free parameter, between its bounds. */
export function parameterPriors({ priors }: Pick<PosteriorProblem, 'priors'>, free: FreeParameters): PriorDensity[] {
  return free.names.map((name, i) => {
    const prior = priors[name];
    if (prior === undefined) {
      throw new InputRefused(`there is no prior of ${name}`, { where: { key: `parameters.${name}.prior` } });
    }
    return priorDensity(name, prior, [free.lower[i]!, free.upper[i]!]);
  });
}

/** Far from any data a coordinate may leave the range of numbers; the model is not asked there. */
function isUsable(values: ParameterValues): boolean {
  return Object.values(values).every((value) => Number.isFinite(value));
}

async function marginalAt(
  { model, sweeps, sigma, scaling, scalingPrior = DEFAULT_SCALING_PRIOR }: PosteriorProblem,
  { values, contrast, offset }: PosteriorOrigin,
  context: TaskContext,
): Promise<MarginalModel> {
  const groups = scalingGroups(scaling, model.phi);
  const blocks = noiseBlocks(groups, model.phi.length);
  const weight = sigma.map((s) => 1 / (s * s));
  const first: AngleScaling = { contrast, offset, weight };
  const sums = await sweeps.sums(model.physics(values), first, context);
  const best = eliminate(groups, sums, first);
  const guess: AngleScaling = { contrast: best.contrast, offset: best.offset, weight };
  const priors = groups.map((group) =>
    group.terms === 1 ? widened(scalingPrior, best.contrast[group.angles[0]!]!) : null,
  );
  const unreferenced: MarginalModel = { groups, blocks, priors, guess, reference: new Float64Array(blocks.length) };
  const reference = Float64Array.from(blocks, (block) => squaresOf(unreferenced, block, best));
  blocks.forEach((block, b) => {
    const points = block.angles.reduce((sum, a) => sum + sums.points[a]!, 0);
    const unknowns = block.groups.reduce((sum, g) => sum + 2 * groups[g]!.terms, 0) + 1;
    if (points <= unknowns) {
      throw new InputRefused(
        `angle ${block.angles.join(', ')} has ${points} points for ${unknowns} unknowns of its own`,
        {
          help: 'use more frames, or leave the angle out',
        },
      );
    }
    if (!(reference[b]! > 0)) {
      throw new InputRefused('the data agree with the model to the last digit: without noise there is no posterior', {
        help: 'sample measured data, or simulate with noise',
      });
    }
  });
  return { ...unreferenced, reference };
}

/** The likelihood is taken at z* + C·(z − ẑ). */
interface Shift {
  /** z*, the peak of the likelihood, and ẑ, the fit. */
  readonly peak: Float64Array;
  readonly centre: Float64Array;
  /** C, shape (n, n) row-major. */
  readonly change: Float64Array;
}

function adjustmentAt(
  adjustment: Adjustment,
  free: FreeParameters,
  coordinates: SamplingCoordinates,
  { values }: PosteriorOrigin,
): Shift {
  const centre = coordinates.locate(Float64Array.from(free.names, (name) => values[name]!));
  const peak = adjustment.peak === undefined ? centre : coordinates.locate(adjustment.peak);
  if (![...centre, ...peak].every((value) => Number.isFinite(value))) {
    throw new InputRefused('the likelihood cannot be adjusted: the fit ends at a bound', {
      help: 'widen the bounds, or sample with likelihood independent',
    });
  }
  const [atCentre, atPeak] = [coordinates.at(centre), coordinates.at(peak)];
  return { peak, centre, change: curvatureAdjustment(adjustment, atCentre.jacobian, atPeak.jacobian) };
}

function adjusted({ peak, centre, change }: Shift, z: Float64Array): Float64Array {
  const n = z.length;
  return z.map((_, i) => {
    let sum = peak[i]!;
    for (let j = 0; j < n; j++) sum += change[i * n + j]! * (z[j]! - centre[j]!);
    return sum;
  });
}

/** M, M², r, rM and r² of each angle, one after the other. */
function asideOf({ m, mm, r, rm, rr }: AngleSums): number[] {
  return [m, mm, r, rm, rr].flatMap((column) => Array.from(column));
}
