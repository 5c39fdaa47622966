/** Diagnostics from real chains and real weights: R̂, effective sizes, Monte Carlo errors, E-BFMI, Pareto k̂. */
export type { Chains } from './chains.ts';
export { essBulk, essMean, essQuantile, essTail } from './effective-sample-size.ts';
export { energyFraction } from './energy.ts';
export { mcseMean, mcseQuantile, mcseSd } from './monte-carlo-error.ts';
export { fitPareto, paretoTailLength, smoothWeights, type ParetoFit, type SmoothedWeights } from './pareto.ts';
export { rHat } from './r-hat.ts';
