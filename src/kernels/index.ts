/**
 * The two-time sweep over all pairs of all angles: contracts, tiles, executors and the engines that compute tiles.
 *
 * @example
 * const sweeps = createKernelSweeps(await loadKernels(), memory, data);
 * const { cost, c } = await sweeps.adjoint(physics, scaling, {});
 */
export { mergeAngleParameters, splitAngleParameters } from './angle-parameters.ts';
export { compiledProducts, referenceProducts, type BandedProducts } from './banded-products.ts';
export type { CompiledOptions } from './compiled.ts';
export { CompiledEngine } from './compiled.ts';
export { createKernelSweeps } from './create.ts';
export type { SequentialOptions, SweepJob, TileEngine, TileExecutor } from './executor.ts';
export { parametersOf, resultLength, resultOf, SequentialExecutor } from './executor.ts';
export type { CompiledKernels, KernelExports } from './load.ts';
export { instantiateKernels, instantiateOn, loadKernels } from './load.ts';
export { packTiles, tileArrays, type TileArrays } from './packed-tiles.ts';
export { readJob } from './job-record.ts';
export { KernelMemory } from './memory.ts';
export { KernelRegion, KernelRegions } from './regions.ts';
export { nodesOfStretch, TreeSum, type TreeNode } from './reduce.ts';
export { ReferenceEngine } from './reference.ts';
export { compiledSpeckleKernel, speckleBytes, speckleKernels, speckleSums } from './speckle.ts';
export type { AdjointSums, AngleScaling, AngleSums, NormalSums, SlopeSums, Sweeps } from './sweep.ts';
export { createReferenceSweeps, createSweeps } from './sweeps.ts';
export { SweepQueue } from './sweep-queue.ts';
export type { QueuedSweep } from './sweep-queue.ts';
export type { RowStrip, Tile } from './tiles.ts';
export { partition, pointsOf, tilesOfStrips } from './tiles.ts';
export type { ResidentTriangles, RowBlock, StoredTriangles, TriangleFile, TriangleStack } from './triangles.ts';
export { isResident, pairsOf, readRows, rowBlocks, rowStart, valuesOf } from './triangles.ts';
export { TileMap, wholeWindow } from './windows.ts';
export type { TilePlace, TileStretch, TileWindow, WindowSource } from './windows.ts';
