/** Weighted least squares with the variance of c2 by lag as weight, after an ordinary fit. */
export { lagMeat } from './lag-meat.ts';
export { lagSweeps } from './lag-sweeps.ts';
export { lagAxis, type LagTable } from './lag-table.ts';
export { lagSquares, lagVariance, lagWeights, type LagVariance } from './lag-variance.ts';
