/**
 * What errors a fit will have before there are data: the information matrix of the model at parameters one expects, and
 * the covariance of its scores under the speckle and photon noise one expects.
 */
import type { Warning } from '../../base/events.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { Sweeps } from '../../kernels/sweep.ts';
import type { TriangleStack } from '../../kernels/triangles.ts';
import { parameterInfo } from '../../model/parameters.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import { conditionNumber } from '../condition.ts';
import { coordinateSystem } from '../coordinates.ts';
import { covarianceAt, type Covariance } from '../covariance.ts';
import { correlationTimes } from '../errors/age-blocks.ts';
import { angleScores } from '../errors/angle-scores.ts';
import type { Amplitudes } from '../errors/amplitudes.ts';
import { blocksPerAngle } from '../errors/angle-findings.ts';
import { scaleScores, speckleMeat, type CovarianceFinding } from '../errors/estimate-errors.ts';
import { angleColumns } from '../errors/score-columns.ts';
import { columnMap, expectedDecrease } from '../errors/score-meat.ts';
import type { ScoreCovariances } from '../errors/speckle-scores.ts';
import { unknownError } from '../fitted-errors.ts';
import { freeParameters } from '../free-parameters.ts';
import { weakestDirections } from '../identifiability.ts';
import { naturalColumns } from '../natural-columns.ts';
import { linearise, pointsOf, type Linearisation, type Objective } from '../objective.ts';
import type { Uncertainty, WeakDirection } from '../outcome.ts';
import type { ParameterSetting, ScalingChoice } from '../problem.ts';
import { scalingGroups } from '../scaling.ts';
import { designWarnings } from './design-warnings.ts';
import { expectedSquares } from './expected-squares.ts';
import { expectedSweeps } from './expected-sweeps.ts';

/** A fit that is planned. */
export interface PlannedFit {
  readonly model: TwoTimeModel;
  /** What will sweep over data of the plan. */
  readonly kernels: (data: TriangleStack) => Sweeps;
  /** Every parameter has a value or a tie. */
  readonly parameters: readonly ParameterSetting[];
  readonly scaling: ScalingChoice;
  /** Expected, per angle, shape (P); each contrast above 0 and up to 1. */
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  readonly noise: PlannedNoise;
}

/** The noise of c2 that is expected at every angle. */
export interface PlannedNoise {
  /** Effective number of independent speckles M per angle, above 0. */
  readonly speckles: number;
  /** σ_w, the white part of the noise of one pair: photon counting; 0 for none. */
  readonly sigma: number;
}

export interface DesignedParameter {
  readonly name: string;
  readonly value: number;
  readonly vary: boolean;
  readonly tie: string | null;
  /** `dyadic` is null: it needs residuals. */
  readonly uncertainty: Uncertainty;
}

export interface Design {
  readonly parameters: readonly DesignedParameter[];
  /** One entry per angle. */
  readonly scaling: readonly { readonly contrast: Uncertainty; readonly offset: Uncertainty }[];
  readonly points: number;
  /** Correlation times in the window, per angle, shape (P). */
  readonly correlationTimes: Float64Array;
  /** Root mean square of the residuals to expect. */
  readonly rms: number;
  /** Condition number of the scaled information matrix; null when no parameter is free. */
  readonly condition: number | null;
  readonly weakest: readonly WeakDirection[];
  readonly warnings: readonly Warning[];
}

interface PlannedErrors {
  readonly independent: Covariance;
  readonly speckle: CovarianceFinding;
}

/** The errors of a planned fit with equal weights. Throws `Cancelled` when stopped. */
export async function designFit(plan: PlannedFit, context: TaskContext = {}): Promise<Design> {
  const { model, parameters, contrast, offset, noise } = plan;
  const free = freeParameters(parameters);
  const angles = model.phi.length;
  const objective: Objective = {
    level: { full: true, sweeps: expectedSweeps(plan.kernels, model.grid.times.length, angles), model },
    system: coordinateSystem(model, free),
    groups: scalingGroups(plan.scaling, model.phi),
    weight: new Float64Array(angles).fill(1),
  };
  const theta = Float64Array.from(free.names, (name) => parameters.find((one) => one.name === name)!.value!);
  const silent = await linearise(objective, theta, { contrast, offset }, context);
  const physics = model.physics(silent.values);
  const amplitudes = Array.from(contrast, () => amplitudesOf(noise));
  const scores = await allScores(objective, silent, model, context);
  const meat = speckleMeat(
    objective,
    silent,
    columnMap(objective, silent),
    scores.map((one, a) => scaleScores(one, contrast[a]!, contrast[a]!)),
    amplitudes,
  );
  const before = amplitudes.reduce((sum, one, a) => {
    const { m, mm } = silent.sums;
    return sum + expectedSquares(physics, a, contrast[a]!, { m: m[a]!, mm: mm[a]! }, one);
  }, 0);
  const left = Math.max(0, before - expectedDecrease(silent, meat));
  // Independent errors rest on the squares that the fit leaves.
  const point: Linearisation = { ...silent, best: { ...silent.best, cost: left / 2 } };
  const covariance = covarianceAt(objective, point, meat);
  const speckle: CovarianceFinding =
    covariance === null
      ? { covariance, reason: 'the covariance of the scores is not positive definite' }
      : { covariance, reason: null };
  const errors: PlannedErrors = { independent: covarianceAt(objective, point), speckle };
  const shown = speckle.covariance ?? errors.independent;
  const weakest = weakestDirections({
    system: objective.system,
    values: point.values,
    covariance: shown,
    times: model.grid.times,
    unit: (name) => parameterInfo(name).unit,
  });
  const designed = parameters.map(({ name, vary, tie }): DesignedParameter => {
    const fixed = free.reason(name);
    return {
      name,
      value: point.values[name]!,
      vary: vary && tie === undefined,
      tie: tie ?? null,
      uncertainty: fixed === null ? plannedError(errors, name) : unknownError(fixed),
    };
  });
  const windows = Float64Array.from(contrast, (_, a) => correlationTimes(physics, a).at(-1)!);
  return {
    parameters: designed,
    scaling: Array.from(contrast, (_, a) => ({
      contrast: plannedError(errors, `contrast[${a}]`),
      offset: plannedError(errors, `offset[${a}]`),
    })),
    points: pointsOf(objective),
    correlationTimes: windows,
    rms: Math.sqrt(left / pointsOf(objective)),
    condition: conditionNumber(objective, point),
    weakest,
    warnings: designWarnings({
      model,
      values: point.values,
      parameters: designed,
      covariance: shown,
      reason: speckle.reason,
      weakest,
      correlationTimes: windows,
    }),
  };
}

/** Counting μ photons per speckle and frame makes σ_w² = 1/(M·μ²) and, with speckle, x = 1/(M·μ) = σ_w/√M. */
function amplitudesOf({ speckles, sigma }: PlannedNoise): Amplitudes {
  return {
    speckle: 1 / speckles,
    crossed: sigma / Math.sqrt(speckles),
    white: sigma * sigma,
    speckleError: 0,
    crossedError: 0,
    whiteError: 0,
  };
}

/** Score covariances of every angle with contrast 1. Angles without shear have the same. */
async function allScores(
  { system, weight }: Objective,
  { values, chart, sums }: Linearisation,
  model: TwoTimeModel,
  context: TaskContext,
): Promise<ScoreCovariances[]> {
  const { free } = system;
  const physics = model.physics(values);
  const { sensitivities } = naturalColumns(free, chart, model.sensitivities(values, free.moving));
  const isStill = (a: number): boolean =>
    (physics.g === null || physics.h[a] === 0) && sensitivities.h.every(({ vector }) => vector[a] === 0);
  const most = blocksPerAngle(weight.length);
  const result: ScoreCovariances[] = [];
  let still: ScoreCovariances | null = null;
  for (let a = 0; a < weight.length; a++) {
    const alike: ScoreCovariances | null = isStill(a) ? still : null;
    const scores: ScoreCovariances =
      alike ??
      (await angleScores(
        angleColumns(physics, sensitivities, a, 1),
        model.grid.times,
        () => null,
        most,
        sums.mm[a]!,
        context,
      ));
    if (isStill(a)) still = scores;
    result.push(scores);
  }
  return result;
}

/** Errors under speckle and as if independent; the reason is that of the former. */
function plannedError({ independent, speckle }: PlannedErrors, name: string): Uncertainty {
  const i = independent.names.indexOf(name);
  if (i < 0) return unknownError('fixed');
  const errorOf = (covariance: Covariance | null): number | null =>
    covariance === null || covariance.reasons[i] !== null
      ? null
      : Math.sqrt(covariance.matrix[i * (covariance.names.length + 1)]!);
  return {
    speckle: errorOf(speckle.covariance),
    independent: errorOf(independent),
    dyadic: null,
    reason: speckle.covariance === null ? speckle.reason : speckle.covariance.reasons[i]!,
    nearDegenerate: (speckle.covariance ?? independent).nearDegenerate[i]!,
  };
}
