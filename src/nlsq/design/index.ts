/**
 * A fit before there are data: what error each parameter will have.
 *
 * ```ts
 * const { parameters, weakest, warnings } = await designFit({
 *   model, kernels, parameters: settings, scaling: { mode: 'per-angle' }, contrast, offset,
 *   noise: { speckles: 1000, sigma: 0.02 },
 * });
 * parameters[0].uncertainty.speckle;      // one standard error, in the unit of the parameter
 * ```
 */
export { designFit, type Design, type DesignedParameter, type PlannedFit, type PlannedNoise } from './design-fit.ts';
export { expectedSweeps, unmeasuredTriangles } from './expected-sweeps.ts';
