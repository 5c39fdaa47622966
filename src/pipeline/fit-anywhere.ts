/** One fit where the configuration says: on this machine, or as a job of a cluster. */
import { basename, dirname, join, resolve } from 'node:path';
import type { ParallelConfig } from '../config/config.ts';
import type { ResultRecord } from '../results/index.ts';
import type { EventLog } from './event-log.ts';
import { runFit } from './fit-run.ts';
import type { FitRunRequest } from './requests.ts';

/** What runs on clusters is loaded only where it is asked for. Throws as `runFit`, and what `runOnCluster` does. */
export async function fitAnywhere(request: FitRunRequest, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  if (!isForJobs(request.config.parallel)) return await runFit(request, log, signal);
  const { runFitAnywhere } = await import('./cluster/index.ts');
  return await runFitAnywhere(request, log, signal);
}

/** Whether whole runs are to be jobs of a scheduler. */
export function isForJobs({ backend }: ParallelConfig): boolean {
  return backend === 'slurm' || backend === 'pbs';
}

/** Where jobs of a run find their work: beside the run directory, which is to be empty when the fit begins. */
export function workFolderOf(output: string): string {
  const path = resolve(output);
  return join(dirname(path), `.${basename(path)}.cluster`);
}
