/** The three covariances of a fit at its minimum and the amplitudes of its noise, from one pass over the residuals. */
import type { TaskContext } from '../../base/task-context.ts';
import { median } from '../../math/index.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import { covarianceAt, type Covariance } from '../covariance.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import type { AngleNoise, FittedNoise } from '../outcome.ts';
import { correlationTimes, type AgeBlocks } from './age-blocks.ts';
import { estimateAmplitudes, type Amplitudes, type NoiseAmplitudes } from './amplitudes.ts';
import { angleScores, type PresentShare } from './angle-scores.ts';
import { dyadicScores, FEWEST_DYADIC_BLOCKS } from './dyadic-scores.ts';
import { noiseLevels, varianceOf, type AngleLevels } from './noise-levels.ts';
import { residualPass, type ResidualSums } from './residual-pass.ts';
import { angleColumns } from './score-columns.ts';
import { addAngle, columnMap, expectedDecrease, projectMeat, type ColumnMap, type ScoreMeat } from './score-meat.ts';
import type { ScoreCovariances } from './speckle-scores.ts';

/** A covariance, or why there is none. */
export type CovarianceFinding =
  | { readonly covariance: Covariance; readonly reason: null }
  | { readonly covariance: null; readonly reason: string };

export interface ErrorEstimates {
  readonly independent: Covariance;
  readonly speckle: CovarianceFinding;
  readonly dyadic: CovarianceFinding;
  readonly noise: FittedNoise;
}

/** Fewer frames than this show no noise on more than one scale. */
const FEWEST_FRAMES = 16;
/** Blocks of frames for the speckle covariance of one angle, at most; all angles together. */
const MOST_BLOCKS = 256;
const BLOCKS_OF_ALL_ANGLES = 2048;
const FEWEST_BLOCKS = 96;

/** Throws `Cancelled` when stopped. */
export async function estimateErrors(
  objective: Objective,
  point: Linearisation,
  model: TwoTimeModel,
  context: TaskContext,
): Promise<ErrorEstimates> {
  const independent = covarianceAt(objective, point);
  const frames = objective.level.sweeps.data.frames;
  if (frames < FEWEST_FRAMES) {
    return withoutNoise(independent, `fewer than ${FEWEST_FRAMES} frames do not show how the noise is correlated`);
  }
  const angles: AngleFindings[] = [];
  const shared = new Map<string, ScoreCovariances>();
  for (let a = 0; a < objective.weight.length; a++) {
    angles.push(await lookAtAngle(objective, point, model, a, shared, context));
  }
  const map = columnMap(objective, point);
  const dyadic = dyadicFinding(objective, point, map, angles);
  const contrasts = speckleContrasts(point.best.contrast);
  if (contrasts === null) {
    const reason = 'no contrast is between 0 and 1, as that of speckle is';
    return { ...withoutNoise(independent, reason, angles), dyadic };
  }
  const physics = model.physics(point.values);
  const scaled = angles.map(({ scores }, a) => scaleScores(scores, point.best.contrast[a]!, contrasts[a]!));
  const levels = angles.map(({ sums }, a) =>
    noiseLevels(physics, a, contrasts[a]!, sums, {
      speckle: takenOut(objective, point, map, a, scaled[a]!.speckle),
      crossed: takenOut(objective, point, map, a, scaled[a]!.crossed),
      white: takenOut(objective, point, map, a, scaled[a]!.white),
    }),
  );
  const amplitudes = estimateAmplitudes(levels.map((angle) => angle.levels));
  const meat = speckleMeat(objective, point, map, scaled, amplitudes.angles);
  const covariance = covarianceAt(objective, point, meat);
  return {
    independent,
    speckle:
      covariance === null
        ? { covariance, reason: 'the covariance of the scores is not positive definite' }
        : { covariance, reason: null },
    dyadic,
    noise: fittedNoise(amplitudes, angles, levels),
  };
}

interface AngleFindings {
  readonly sums: ResidualSums;
  readonly correlationTimes: number;
  /** Of the columns with contrast 1. */
  readonly scores: ScoreCovariances;
}

async function lookAtAngle(
  objective: Objective,
  point: Linearisation,
  model: TwoTimeModel,
  a: number,
  shared: Map<string, ScoreCovariances>,
  context: TaskContext,
): Promise<AngleFindings> {
  const { data } = objective.level.sweeps;
  const { best, chart, values } = point;
  const physics = model.physics(values);
  const { free } = objective.system;
  const { sensitivities } = naturalColumns(free, chart, model.sensitivities(values, free.moving));
  const columns = angleColumns(physics, sensitivities, a, best.contrast[a]!);
  const sums = await residualPass(data, columns, best.offset[a]!, context);
  const most = blocksPerAngle(objective.weight.length);
  const present: PresentShare = data.excluded[a]! > 0 ? presentShare(sums) : () => null;
  const compute = (): ScoreCovariances =>
    angleScores(angleColumns(physics, sensitivities, a, 1), model.grid.times, present, most, point.sums.mm[a]!);
  const times = correlationTimes(physics, a).at(-1)!;
  const still = (physics.g === null || physics.h[a] === 0) && sensitivities.h.every(({ vector }) => vector[a] === 0);
  if (!still || data.excluded[a]! > 0) return { sums, correlationTimes: times, scores: compute() };
  const scores = shared.get('still') ?? compute();
  shared.set('still', scores);
  return { sums, correlationTimes: times, scores };
}

/** Blocks of frames for the speckle covariance of each of so many angles, at most. */
export function blocksPerAngle(angles: number): number {
  return Math.min(MOST_BLOCKS, Math.max(FEWEST_BLOCKS, BLOCKS_OF_ALL_ANGLES / angles));
}

/** Which share of the pairs of other blocks is fitted, read from the blocks of the pass. */
function presentShare({ blocks, pairs }: ResidualSums): PresentShare {
  const blockOf = new Int32Array(blocks.edges.at(-1)!);
  for (let b = 0; b < blocks.count; b++) blockOf.fill(b, blocks.edges[b], blocks.edges[b + 1]);
  const share = (b: number, d: number): number => {
    const rows = blocks.edges[b + 1]! - blocks.edges[b]!;
    const all = b === d ? (rows * (rows - 1)) / 2 : rows * (blocks.edges[d + 1]! - blocks.edges[d]!);
    return all === 0 ? 1 : pairs[b * blocks.count + d]! / all;
  };
  return ({ count, edges }: AgeBlocks) => {
    const result = new Float64Array(count * count);
    const middle = (b: number): number => blockOf[Math.floor((edges[b]! + edges[b + 1]! - 1) / 2)]!;
    for (let b = 0; b < count; b++) {
      for (let d = b; d < count; d++) {
        result[b * count + d] = result[d * count + b] = share(middle(b), middle(d));
      }
    }
    return result;
  };
}

/** β of each angle for the noise: its contrast where that can be one, else the median of the others; null: none can. */
function speckleContrasts(contrast: Float64Array): Float64Array | null {
  const possible = contrast.filter((value) => value > 0 && value <= 1);
  if (possible.length === 0) return null;
  const typical = median(possible);
  return contrast.map((value) => (value > 0 && value <= 1 ? value : typical));
}

/** Covariances of the scores of one angle per unit of 1/M, 1/(M·photons) and σ_w². */
export interface ScaledScores {
  readonly speckle: Float64Array;
  readonly crossed: Float64Array;
  readonly white: Float64Array;
}

/** Scores of columns with contrast 1 → those of the fitted contrast under speckle of contrast β. */
export function scaleScores(scores: ScoreCovariances, contrast: number, beta: number): ScaledScores {
  const r = Math.sqrt(scores.white.length);
  const physical = (k: number): number => (k < r - 2 ? contrast : 1);
  const scale = (at: number): number => physical(Math.floor(at / r)) * physical(at % r);
  return {
    speckle: scores.square.map((value, at) => scale(at) * beta * beta * (value + beta * scores.cube[at]!)),
    crossed: scores.linear.map((value, at) => scale(at) * beta * (value + beta * scores.crossedSquare[at]!)),
    white: scores.white.map((value, at) => scale(at) * value),
  };
}

/** What the fit takes out of Σ r² of an angle when the covariance of its scores is `b`: tr(H⁻¹·B)·w. */
function takenOut(objective: Objective, point: Linearisation, map: ColumnMap, a: number, b: Float64Array): number {
  const total = new Float64Array(map.size * map.size);
  addAngle(total, map, a, b, objective.weight[a]!);
  return expectedDecrease(point, projectMeat(objective, point, total));
}

/** Σ_a w_a²·(m_a·speckle + x_a·crossed + s_a·white) of all unknowns. */
export function speckleMeat(
  objective: Objective,
  point: Linearisation,
  map: ColumnMap,
  scores: readonly ScaledScores[],
  amplitudes: readonly Amplitudes[],
): ScoreMeat {
  const { weight } = objective;
  const total = new Float64Array(map.size * map.size);
  // What is white in all angles alike is a multiple of the information matrix, which is known exactly.
  const common = Math.min(...amplitudes.map(({ white }, a) => white * weight[a]!));
  scores.forEach(({ speckle, crossed, white }, a) => {
    const w = weight[a]!;
    const { speckle: m, crossed: x, white: s } = amplitudes[a]!;
    const excess = s - common / w;
    const sum = speckle.map((value, at) => m * value + x * crossed[at]! + excess * white[at]!);
    addAngle(total, map, a, sum, w * w);
  });
  const meat = projectMeat(objective, point, total);
  const scaling = Float64Array.from(meat.scaling);
  const coefficients = map.size - point.theta.length;
  let start = 0;
  for (const { group, matrix } of point.best.factors) {
    const size = 2 * group.terms;
    for (let s = 0; s < size; s++) {
      for (let t = 0; t < size; t++) {
        const at = (start + s) * coefficients + start + t;
        scaling[at] = scaling[at]! + common * matrix[s * size + t]!;
      }
    }
    start += size;
  }
  return { ...meat, scaling, projected: meat.projected.map((value, at) => value + common * point.information[at]!) };
}

function dyadicFinding(
  objective: Objective,
  point: Linearisation,
  map: ColumnMap,
  angles: readonly AngleFindings[],
): CovarianceFinding {
  const total = new Float64Array(map.size * map.size);
  for (const [a, { sums, correlationTimes: times }] of angles.entries()) {
    const columns = point.sums.parameters.length + 2;
    const scores = dyadicScores(sums, columns, times);
    if (scores === null) {
      const reason = `the window holds fewer than ${FEWEST_DYADIC_BLOCKS} correlation times`;
      return { covariance: null, reason };
    }
    addAngle(total, map, a, scores, objective.weight[a]! * objective.weight[a]!);
  }
  const covariance = covarianceAt(objective, point, projectMeat(objective, point, total));
  return covariance === null
    ? { covariance, reason: 'the covariance of the scores is not positive definite' }
    : { covariance, reason: null };
}

function withoutNoise(independent: Covariance, reason: string, angles: readonly AngleFindings[] = []): ErrorEstimates {
  const unknown: CovarianceFinding = { covariance: null, reason };
  return {
    independent,
    speckle: unknown,
    dyadic: unknown,
    noise: {
      shared: false,
      misfit: null,
      reason,
      angles: angles.map(({ sums, correlationTimes: times }) => ({
        speckles: { value: null, error: null },
        sigma: { value: null, error: null },
        crossed: { value: null, error: null },
        correlationTimes: times,
        effectivePoints: null,
        correlation: sums.correlation,
      })),
    },
  };
}

function fittedNoise(
  { angles: amplitudes, shared, misfit }: NoiseAmplitudes,
  angles: readonly AngleFindings[],
  levels: readonly AngleLevels[],
): FittedNoise {
  return {
    shared,
    misfit,
    reason: null,
    angles: amplitudes.map((one, a): AngleNoise => {
      const { sums, correlationTimes: times } = angles[a]!;
      const { speckle: m, speckleError, crossed, crossedError, white, whiteError } = one;
      const { whole } = levels[a]!;
      const total = m * whole.speckle + crossed * whole.crossed + white * whole.white;
      const sigma = Math.sqrt(white);
      return {
        speckles: m > 0 ? { value: 1 / m, error: speckleError / (m * m) } : { value: null, error: null },
        sigma: { value: sigma, error: sigma > 0 ? whiteError / (2 * sigma) : null },
        crossed: { value: crossed, error: crossedError },
        correlationTimes: times,
        effectivePoints: (2 * total * total) / varianceOf(whole, one),
        correlation: sums.correlation,
      };
    }),
  };
}
