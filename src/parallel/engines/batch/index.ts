/**
 * Jobs of a scheduler: one engine, a dialect for Slurm and one for PBS.
 *
 * ```ts
 * const engine = new BatchEngine({ dialect: slurm, site, folder: 'run/.cluster' });
 * await using backend = new TaskRunner(engine);
 * ```
 */
export { BatchEngine } from './batch-engine.ts';
export { CommandFailed, runCommand } from './command.ts';
export {
  closeDetached,
  detachedScript,
  endJobs,
  livingJobs,
  lookDetached,
  schedulerIn,
  submitDetached,
  type DetachedOptions,
  type DetachedState,
} from './detached.ts';
export type { Dialect, ElementState, JobRequest, RunCommand, Submission } from './dialect.ts';
export type { BatchEngineOptions } from './options.ts';
export { pbs } from './pbs.ts';
export { slurm } from './slurm.ts';
export { dismissSpare } from './work-folder.ts';
