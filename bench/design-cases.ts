/** Errors predicted without data, beside the scatter of fits to simulated speckle. */
import type { ParameterValues } from '../src/model/index.ts';
import { designFit, type Design } from '../src/nlsq/design/index.ts';
import type { FitOutcome } from '../src/nlsq/index.ts';
import { physicalParameters } from '../src/model/index.ts';
import { kernels } from '../test/nlsq/simulated.ts';
import { coverageModel, DYNAMICS, fitSet, type CoverageCase } from './coverage-cases.ts';

/** What is predicted for a case whose photon noise is `none` or `comparable`. */
export function designOf(one: CoverageCase): Promise<Design> {
  const model = coverageModel(one);
  const truth: ParameterValues = DYNAMICS[one.dynamics]!.truth;
  const angles = model.phi.length;
  return designFit({
    model,
    kernels: kernels.sweeps,
    parameters: physicalParameters(model.mode).map(({ name, bounds }) => ({
      name,
      bounds,
      vary: true,
      value: truth[name]!,
    })),
    scaling: { mode: 'per-angle' },
    contrast: new Float64Array(angles).fill(one.contrast),
    offset: new Float64Array(angles).fill(1),
    noise: { speckles: one.speckles, sigma: one.noise === 'comparable' ? one.contrast / Math.sqrt(one.speckles) : 0 },
  });
}

export interface PredictedQuantity {
  readonly name: string;
  readonly predicted: { readonly speckle: number | null; readonly independent: number | null };
  /** Of the estimates of all sets. */
  readonly scatter: number;
  /** Medians over the sets, as the fits give them. */
  readonly fitted: { readonly speckle: number; readonly independent: number };
  readonly nearDegenerate: boolean;
}

/** Predicted errors, scatter and errors as fitted, of all parameters and of contrast and offset of the first angle. */
export async function compareWithFits(one: CoverageCase): Promise<PredictedQuantity[]> {
  const mark = await designOf(one);
  const outcomes: FitOutcome[] = [];
  for (let set = 0; set < one.sets; set++) outcomes.push(await fitSet(one, set));
  const median = (values: (number | null)[]): number => {
    const sorted = values.map((value) => value ?? NaN).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const row = (
    name: string,
    planned: Design['parameters'][number]['uncertainty'],
    of: (outcome: FitOutcome) => { readonly value: number; readonly uncertainty: typeof planned },
  ): PredictedQuantity => {
    const found = outcomes.map(of);
    const mean = found.reduce((sum, { value }) => sum + value, 0) / found.length;
    return {
      name,
      predicted: planned,
      scatter: Math.sqrt(found.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (found.length - 1)),
      fitted: {
        speckle: median(found.map(({ uncertainty }) => uncertainty.speckle)),
        independent: median(found.map(({ uncertainty }) => uncertainty.independent)),
      },
      nearDegenerate: planned.nearDegenerate,
    };
  };
  return [
    ...mark.parameters.map(({ name, uncertainty }, k) => row(name, uncertainty, ({ parameters }) => parameters[k]!)),
    row('contrast', mark.scaling[0]!.contrast, ({ scaling }) => scaling[0]!.contrast),
    row('offset', mark.scaling[0]!.offset, ({ scaling }) => scaling[0]!.offset),
  ];
}
