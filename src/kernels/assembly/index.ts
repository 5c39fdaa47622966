/** What the compiled kernels export: tiles of sweeps, and the elementary functions for their tests. */
export { exponentials, sinesAndCosines } from './elementary';
export { arenaBytes, runTile, shapeTile } from './sweep';
