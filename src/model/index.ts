/**
 * The physics of two-time correlation: parameters, transport laws, conventions, simulation.
 *
 * ```ts
 * const grid = makeTimeGrid(0.1, 0, Float64Array.of(1, 2, 3));
 * const model = bindModel({ mode: 'static', convention: 'published', q: 0.01, gap: null, phi: Float64Array.of(0), grid });
 * const { kappa, c } = model.physics({ D0: 1000, alpha: -0.5, D_offset: 10 });
 * const m = pairValue('published', kappa, c[2] - c[0], 0, 0);
 * ```
 */
export { bindModel, physicalParameterNames, type Experiment, type TransportLaws } from './bind-model.ts';
export { homodyne2ShearRate, publishedShearRate } from './convert-shear-rate.ts';
export { homodyne2ShearLaw, homodyne2TransportLaw } from './homodyne2-laws.ts';
export { pairDerivatives, pairValue, sinc, sincSlope, type PairDerivatives } from './pair-function.ts';
export { parameterInfo, physicalParameters, SCALING_PARAMETERS, type ParameterInfo, type Prior } from './parameters.ts';
export { publishedShearLaw, publishedTransportLaw } from './published-laws.ts';
export { physicsFromZero, simulate, type SimulatedNoise, type Simulation, type SimulationRequest } from './simulate.ts';
export { fieldCorrelation, speckleField, type SpeckleField } from './speckle-field.ts';
export { referenceSpeckleKernel, type SpeckleKernel } from './speckle-kernel.ts';
export {
  factorLength,
  framePanels,
  intensitiesLength,
  intensityPanels,
  PANEL,
  SPECKLE_BLOCK,
  sumsLength,
} from './speckle-layout.ts';
export { modeWeights } from './speckle-modes.ts';
export {
  GroupSum,
  simulateSpeckle,
  simulateSpeckleAngle,
  SpeckleCorrelation,
  speckleBlocks,
  speckleGroups,
  type SpeckleAngle,
  type SpeckleOptions,
  type SpeckleTriangles,
} from './speckle-simulation.ts';
export { makeTimeGrid, type TimeGrid } from './time-grid.ts';
export { pullBack, type ParameterValues, type TransportLaw } from './transport-law.ts';
export type { Convention, Mode, Physics, Sensitivities, TwoTimeModel } from './two-time-model.ts';
