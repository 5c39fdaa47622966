/** The three covariances of a fit at its minimum and the amplitudes of its noise, from one pass over the residuals. */
import type { TaskContext } from '../../base/task-context.ts';
import { readRows } from '../../kernels/triangles.ts';
import { median } from '../../math/index.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { eachAngle } from '../angle-work.ts';
import { covarianceAt, type Covariance } from '../covariance.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import type { AngleNoise, FittedNoise } from '../outcome.ts';
import { estimateAmplitudes, type Amplitudes, type NoiseAmplitudes } from './amplitudes.ts';
import { angleTask, lookAtAngle, type AngleFindings, type AngleQuestion } from './angle-findings.ts';
import { dyadicScores, FEWEST_DYADIC_BLOCKS } from './dyadic-scores.ts';
import { noiseLevels, varianceOf, type AngleLevels } from './noise-levels.ts';
import { addAngle, columnMap, leverages, projectMeat, type ColumnMap, type ScoreMeat } from './score-meat.ts';
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
const ANGLE_WORK = { task: angleTask, run: lookAtAngle, fewestPoints: 2_000_000 };

/** `tasks` may look at angles side by side. Throws `Cancelled` when stopped. */
export async function estimateErrors(
  objective: Objective,
  point: Linearisation,
  model: TwoTimeModel,
  tasks: ExecutionBackend | null,
  context: TaskContext,
): Promise<ErrorEstimates> {
  const independent = covarianceAt(objective, point);
  const frames = objective.level.sweeps.data.frames;
  if (frames < FEWEST_FRAMES) {
    return withoutNoise(independent, `fewer than ${FEWEST_FRAMES} frames do not show how the noise is correlated`);
  }
  const angles = await lookAtAngles(objective, point, model, tasks, context);
  const map = columnMap(objective, point);
  const dyadic = dyadicFinding(objective, point, map, angles);
  const contrasts = speckleContrasts(point.best.contrast);
  if (contrasts === null) {
    const reason = 'no contrast is between 0 and 1, as that of speckle is';
    return { ...withoutNoise(independent, reason, angles), dyadic };
  }
  const physics = model.physics(point.values);
  const scaled = angles.map(({ scores }, a) => scaleScores(scores, point.best.contrast[a]!, contrasts[a]!));
  const leverage = leverages(objective, point, map);
  const levels = angles.map(({ sums }, a) => {
    const weight = objective.weight[a]!;
    return noiseLevels(physics, a, contrasts[a]!, sums, {
      speckle: takenOut(leverage[a]!, scaled[a]!.speckle, weight),
      crossed: takenOut(leverage[a]!, scaled[a]!.crossed, weight),
      white: takenOut(leverage[a]!, scaled[a]!.white, weight),
    });
  });
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

/** An angle whose scores are known. */
type KnownAngle = AngleFindings & { readonly scores: ScoreCovariances };

/** All angles, on the workers of `tasks` where there is enough to do. */
async function lookAtAngles(
  objective: Objective,
  point: Linearisation,
  model: TwoTimeModel,
  tasks: ExecutionBackend | null,
  context: TaskContext,
): Promise<KnownAngle[]> {
  const { data } = objective.level.sweeps;
  const { free } = objective.system;
  const physics = model.physics(point.values);
  const { sensitivities } = naturalColumns(free, point.chart, model.sensitivities(point.values, free.moving));
  const angles = Array.from({ length: data.angles }, (_, a) => a);
  // Angles that see no flow have the same scores.
  const isStill = (a: number): boolean =>
    data.excluded[a] === 0 &&
    (physics.g === null || physics.h[a] === 0) &&
    sensitivities.h.every(({ vector }) => vector[a] === 0);
  const firstStill = angles.find(isStill);
  const question = (angle: number, room: Float32Array | undefined): AngleQuestion => ({
    ...{ physics, sensitivities, angle, angles: data.angles },
    contrast: point.best.contrast[angle]!,
    offset: point.best.offset[angle]!,
    values: readRows(data, angle, 0, data.frames, room),
    excluded: data.excluded[angle]!,
    squares: point.sums.mm[angle]!,
    times: model.grid.times,
    withScores: !isStill(angle) || angle === firstStill,
  });
  const found = await eachAngle(ANGLE_WORK, data, question, tasks, context);
  return found.map((findings) => ({ ...findings, scores: findings.scores ?? found[firstStill!]!.scores! }));
}

/** β of each angle for the noise: its contrast where that can be one, else the median of the others; null: none can. */
export function speckleContrasts(contrast: Float64Array): Float64Array | null {
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
function takenOut(leverage: Float64Array, b: Float64Array, weight: number): number {
  return weight * leverage.reduce((sum, value, at) => sum + value * b[at]!, 0);
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
