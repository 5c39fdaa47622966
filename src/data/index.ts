/**
 * Data files in and out: open a file, choose the matrices of one q ring, and hand a fit its `Dataset`.
 *
 * ```ts
 * const memory = new KernelMemory();
 * const dataset = await readDataset('A0042.h5', request, memory, { signal });
 * const { noise, warnings } = estimateNoise(dataset.triangles);
 * ```
 */
export { outputFailed, replaceFile, writeFileAtomically } from './atomic-file.ts';
export type { FileContent } from './atomic-file.ts';
export { BackgroundWriter, WriteGroup } from './background-writer.ts';
export type { FileToWrite, WriterLimits } from './background-writer.ts';
export type { DataSource, Dataset, ExclusionCounts } from './dataset.ts';
export { describeFile } from './describe-file.ts';
export type { FileDescription, MatrixDescription } from './describe-file.ts';
export { listRings } from './list-rings.ts';
export type { ListedRing } from './list-rings.ts';
export { nearestRing } from './rings.ts';
export { makeFolder } from './make-folder.ts';
export { equalWeights, estimateNoise, givenNoise } from './noise.ts';
export type { NoiseEstimate, NoiseFinding } from './noise.ts';
export { encodeNpz, npzArray } from './npz-writer.ts';
export type { NpzMember, NumberArray } from './npz-writer.ts';
export { checkPlausible } from './plausibility.ts';
export { readDataset } from './read-dataset.ts';
export type { OpenDataset } from './read-dataset.ts';
export type { HelperChoice, ReadingHelpers, ReadingWork } from './reading-helpers.ts';
export { READING_MODULE } from './reading-task.ts';
export type { ReadingTaskInput, ReadingTaskOutput } from './reading-task.ts';
export type { DataRequest, FrameRange, PhiSelection } from './request.ts';
export { StoredTriangleFile } from './triangle-file.ts';
export type { TrianglePlacement } from './triangle-store.ts';
export { writeApsLegacy } from './writers/aps-legacy.ts';
export { writeNetcdf } from './writers/netcdf.ts';
export type { NetcdfAttributes, NetcdfGroup, NetcdfVariable } from './writers/netcdf.ts';
export { writeNpz } from './writers/npz.ts';
export type { TwoTimeContent } from './writers/two-time-file.ts';
export { encodeZip } from './zip-writer.ts';
export type { ZipMember } from './zip-writer.ts';
