/** Turn what a fit answered into the content of `result.json`. */
import type { Warning } from '../base/events.ts';
import type { Dataset } from '../data/dataset.ts';
import { parameterInfo } from '../model/index.ts';
import type { TwoTimeModel } from '../model/index.ts';
import type { Estimate, FitOutcome, FittedParameter, LagNoise, Uncertainty } from '../nlsq/outcome.ts';
import { shownKind } from '../nlsq/shown-errors.ts';
import type { NoiseEstimate, ScalingChoice } from '../nlsq/problem.ts';
import { digestOutcome } from './digest.ts';
import type { PosteriorRecord } from './posterior-record.ts';
import { profilesRecord } from './profile-record.ts';
import { RESULT_SCHEMA } from './result-record.ts';
import type {
  CostRecord,
  EstimateRecord,
  NoiseRecord,
  ParameterRecord,
  ResourcesRecord,
  ResultRecord,
  TimingsRecord,
  UncertaintyRecord,
} from './result-record.ts';

export interface ResultInput {
  readonly outcome: FitOutcome;
  /** Absent or null when it was not sampled. */
  readonly posterior?: PosteriorRecord | null;
  readonly dataset: Dataset;
  readonly model: TwoTimeModel;
  readonly noise: NoiseEstimate;
  readonly scaling: ScalingChoice['mode'];
  readonly timings: TimingsRecord;
  readonly resources: ResourcesRecord;
  readonly versions: Readonly<Record<string, string>>;
  /** Warnings of other stages; those of the data set and the fit are added here, each once. */
  readonly warnings?: readonly Warning[];
}

/** The record of one finished fit. Pure; numbers that are not finite become null with a reason. */
export function makeResultRecord(input: ResultInput): ResultRecord {
  const { outcome, dataset, model, noise } = input;
  const frames = dataset.frameNumbers;
  return {
    schema: RESULT_SCHEMA,
    status: outcome.status,
    model: model.mode,
    convention: model.convention,
    data: { file: dataset.source.file, layout: dataset.source.layout, contentHash: dataset.source.contentHash },
    q: { value: dataset.q, unit: '1/Angstrom' },
    gap: model.gap === null ? null : { value: model.gap, unit: 'Angstrom' },
    parameters: Object.fromEntries(outcome.parameters.map((one) => [one.name, parameterRecord(one)])),
    scaling: {
      mode: input.scaling,
      angles: outcome.scaling.map((angle, a) => ({
        phi: dataset.phi[a]!,
        contrast: scalingValue(angle.contrast),
        offset: scalingValue(angle.offset),
      })),
    },
    support: {
      points: outcome.cost.points,
      angles: dataset.phi.length,
      frameCount: frames.length,
      frames: [frames[0] ?? 0, frames[frames.length - 1] ?? 0],
      dt: { value: dataset.grid.dt, unit: 's' },
      t0: { value: dataset.grid.t0, unit: 's' },
      excluded: { ...dataset.excluded },
    },
    cost: costRecord(outcome, noise),
    noise: noiseRecord(outcome, dataset),
    weights: outcome.weights,
    shownErrors: shownKind(outcome),
    profiles: profilesRecord(outcome.profiles),
    posterior: input.posterior ?? null,
    solver: {
      reason: outcome.reason,
      iterations: outcome.solver.iterations,
      fullSweeps: outcome.solver.fullSweeps,
      starts: outcome.solver.starts,
      startsAtBest: outcome.solver.startsAtBest,
      startCosts: outcome.solver.startCosts.map(({ level, cost }) => ({ level, cost: finiteOrNull(cost) })),
    },
    identifiability: {
      condition: outcome.identifiability.condition === null ? null : finiteOrNull(outcome.identifiability.condition),
      weakest: outcome.identifiability.weakest.map(({ direction, text }) => ({ direction: { ...direction }, text })),
    },
    timings: input.timings,
    resources: input.resources,
    digest: digestOutcome(outcome),
    warnings: collectWarnings(input),
    versions: input.versions,
  };
}

function parameterRecord(parameter: FittedParameter): ParameterRecord {
  const value = finiteOrNull(parameter.value);
  return {
    value,
    unit: parameterInfo(parameter.name).unit,
    vary: parameter.vary,
    tie: parameter.tie,
    start: parameter.start,
    bounds: [finiteOrNull(parameter.bounds[0]), finiteOrNull(parameter.bounds[1])],
    atBound: parameter.atBound,
    uncertainty: uncertaintyRecord(parameter.uncertainty, value),
  };
}

function scalingValue(one: { readonly value: number; readonly uncertainty: Uncertainty }) {
  const value = finiteOrNull(one.value);
  return { value, uncertainty: uncertaintyRecord(one.uncertainty, value) };
}

function uncertaintyRecord(uncertainty: Uncertainty, value: number | null): UncertaintyRecord {
  const { speckle, independent, dyadic, nearDegenerate } = uncertainty;
  if (value === null) {
    const reason = 'the fit gave no finite value';
    return { speckle: null, independent: null, dyadic: null, reason, nearDegenerate: false };
  }
  const kinds = { speckle, independent, dyadic };
  const lost = Object.entries(kinds).flatMap(([kind, error]) =>
    error === null || Number.isFinite(error) ? [] : [`${kind}: not a finite number`],
  );
  const reasons = [...(uncertainty.reason === null ? [] : [uncertainty.reason]), ...lost];
  return {
    speckle: finiteOrNull(speckle ?? NaN),
    independent: finiteOrNull(independent ?? NaN),
    dyadic: finiteOrNull(dyadic ?? NaN),
    reason: reasons.length === 0 ? null : reasons.join('; '),
    nearDegenerate,
  };
}

function noiseRecord({ noise }: FitOutcome, dataset: Dataset): NoiseRecord {
  const estimate = ({ value, error }: Estimate): EstimateRecord => ({
    value: finiteOrNull(value ?? NaN),
    error: finiteOrNull(error ?? NaN),
  });
  return {
    shared: noise.shared,
    misfit: finiteOrNull(noise.misfit ?? NaN),
    byLag: lagNoiseRecord(noise.byLag ?? null),
    reason: noise.reason,
    angles: noise.angles.map((angle, a) => ({
      phi: dataset.phi[a]!,
      speckles: estimate(angle.speckles),
      sigma: estimate(angle.sigma),
      crossed: estimate(angle.crossed),
      correlationTimes: finiteOrNull(angle.correlationTimes),
      effectivePoints: finiteOrNull(angle.effectivePoints ?? NaN),
      correlation: {
        steps: Array.from(angle.correlation.steps),
        lag: Array.from(angle.correlation.lag, finiteOrNull),
        age: Array.from(angle.correlation.age, finiteOrNull),
      },
    })),
  };
}

function lagNoiseRecord(byLag: LagNoise | null): NoiseRecord['byLag'] {
  if (byLag === null) return null;
  const lags = Array.from(byLag.lags);
  const angles = byLag.sigma.length / lags.length;
  const sigma = Array.from({ length: angles }, (_, a) => [
    ...byLag.sigma.subarray(a * lags.length, (a + 1) * lags.length),
  ]);
  return { lags, sigma, pooled: byLag.pooled };
}

function costRecord({ cost }: FitOutcome, noise: NoiseEstimate): CostRecord {
  const numbers = { chi2: cost.chi2, reducedChi2: cost.reducedChi2, rms: cost.rms, r2: cost.r2 };
  const missing = Object.entries(numbers).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [name]));
  const fewPoints = cost.degreesOfFreedom <= 0 ? 'there are no more points than free parameters; ' : '';
  return {
    chi2: finiteOrNull(cost.chi2),
    reducedChi2: finiteOrNull(cost.reducedChi2),
    rms: finiteOrNull(cost.rms),
    r2: finiteOrNull(cost.r2),
    degreesOfFreedom: cost.degreesOfFreedom,
    chi2PerPoint: Array.from(cost.chi2PerPoint, finiteOrNull),
    reason: missing.length === 0 ? null : `${fewPoints}not finite: ${missing.join(', ')}`,
    noise: { source: noise.source, absolute: noise.absolute, sigma: Array.from(noise.sigma, finiteOrNull) },
  };
}

function collectWarnings({ outcome, dataset, warnings = [] }: ResultInput): Warning[] {
  const all = [...dataset.warnings, ...outcome.warnings, ...warnings];
  const seen = new Map(all.map((warning) => [`${warning.code}\n${warning.text}`, warning]));
  return [...seen.values()].map(({ code, text }) => ({ code, text }));
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
