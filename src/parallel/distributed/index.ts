/**
 * Sweeps over data that lie in parts on the workers of an engine.
 *
 * ```ts
 * await using distributed = await distributeSweeps(sweeps, backend);
 * const sums = await distributed.sweeps.sums(physics, scaling, {});
 * ```
 */
export { distributeSweeps, type DistributedSweeps, type DistributionOptions } from './distribute-sweeps.ts';
export { openTaskKernels, type TaskKernels } from './task-kernels.ts';
