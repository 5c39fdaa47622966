/** What `twotime design --json` prints: one record per plan, every number with its unit and its reason where it is null. */
import type { Warning } from '../base/events.ts';
import { parameterInfo } from '../model/parameters.ts';
import type { Convention, Mode, TwoTimeModel } from '../model/two-time-model.ts';
import type { Design, PlannedFit } from '../nlsq/design/index.ts';
import type { Uncertainty } from '../nlsq/outcome.ts';
import type { ScalingChoice } from '../nlsq/problem.ts';
import type { QuantityRecord } from './result-record.ts';

export const DESIGN_SCHEMA = 'twotime/design@1';

/** Standard errors to expect; null with the reason where one is not known. */
export interface PlannedError {
  readonly speckle: number | null;
  /** What a fit prints as if all points were independent. */
  readonly independent: number | null;
  /** Why `speckle` is null; null when it is known. */
  readonly reason: string | null;
  readonly nearDegenerate: boolean;
}

export interface PlannedParameterRecord {
  readonly value: number;
  readonly unit: string;
  readonly vary: boolean;
  readonly tie: string | null;
  readonly uncertainty: PlannedError;
}

export interface DesignRecord {
  /** What was varied, as typed; empty for a plan by itself. */
  readonly variation: Readonly<Record<string, string>>;
  readonly model: Mode;
  readonly convention: Convention;
  readonly q: QuantityRecord;
  readonly gap: QuantityRecord | null;
  readonly grid: {
    /** Frames to be measured; the one at t = 0 is not fitted. */
    readonly frames: number;
    readonly dt: QuantityRecord;
    readonly t0: QuantityRecord;
    /** Degrees. */
    readonly phi: readonly number[];
  };
  readonly scalingMode: ScalingChoice['mode'];
  readonly noise: {
    readonly speckles: number;
    readonly sigma: number;
    /** Counts per speckle and frame that make this σ_w; null without photon noise. */
    readonly photons: number | null;
  };
  readonly points: number;
  /** Root mean square of the residuals to expect. */
  readonly rms: number;
  /** In the window, per angle. */
  readonly correlationTimes: readonly number[];
  readonly parameters: Readonly<Record<string, PlannedParameterRecord>>;
  readonly scaling: readonly {
    readonly phi: number;
    readonly contrast: { readonly value: number; readonly uncertainty: PlannedError };
    readonly offset: { readonly value: number; readonly uncertainty: PlannedError };
  }[];
  readonly identifiability: {
    readonly condition: number | null;
    readonly weakest: readonly { readonly direction: Readonly<Record<string, number>>; readonly text: string }[];
  };
  readonly warnings: readonly Warning[];
}

export interface DesignInput {
  readonly variation: Readonly<Record<string, string>>;
  readonly plan: PlannedFit;
  /** Of the measurement, the one at t = 0 included. */
  readonly frames: number;
  readonly design: Design;
  /** Beside those of the design. */
  readonly warnings: readonly Warning[];
}

export function makeDesignRecord({ variation, plan, frames, design, warnings }: DesignInput): DesignRecord {
  const { model, noise } = plan;
  const { speckles, sigma } = noise;
  return {
    variation,
    model: model.mode,
    convention: model.convention,
    q: { value: model.q, unit: '1/Angstrom' },
    gap: gapOf(model),
    grid: {
      frames,
      dt: { value: model.grid.dt, unit: 's' },
      t0: { value: model.grid.t0, unit: 's' },
      phi: [...model.phi],
    },
    scalingMode: plan.scaling.mode,
    noise: { speckles, sigma, photons: sigma > 0 ? 1 / (sigma * Math.sqrt(speckles)) : null },
    points: design.points,
    rms: design.rms,
    correlationTimes: [...design.correlationTimes],
    parameters: Object.fromEntries(
      design.parameters.map(({ name, value, vary, tie, uncertainty }) => [
        name,
        { value, unit: parameterInfo(name).unit, vary, tie, uncertainty: plannedError(uncertainty) },
      ]),
    ),
    scaling: design.scaling.map(({ contrast, offset }, a) => ({
      phi: model.phi[a]!,
      contrast: { value: plan.contrast[a]!, uncertainty: plannedError(contrast) },
      offset: { value: plan.offset[a]!, uncertainty: plannedError(offset) },
    })),
    identifiability: {
      condition: design.condition,
      weakest: design.weakest.map(({ direction, text }) => ({ direction: { ...direction }, text })),
    },
    warnings: [...warnings, ...design.warnings],
  };
}

function gapOf({ gap }: TwoTimeModel): QuantityRecord | null {
  return gap === null ? null : { value: gap, unit: 'Angstrom' };
}

function plannedError({ speckle, independent, reason, nearDegenerate }: Uncertainty): PlannedError {
  return { speckle, independent, reason, nearDegenerate };
}
