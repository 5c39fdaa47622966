/** Go on with a run where its configuration, or whoever asks, says: on this machine, or as a job of a cluster. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isTwotimeError } from '../base/errors.ts';
import { parseConfig, type ParallelConfig } from '../config/index.ts';
import type { EventLog } from './event-log.ts';
import { isForJobs, workFolderOf } from './fit-anywhere.ts';
import { resumeFit, type Resumed, type ResumeRequest } from './resume-run.ts';
import { CONFIG_FILE, readRequest } from './run-request.ts';

/** Wherever the run was begun. Throws as `resumeFit`, and what `resumeOnCluster` does. */
export async function resumeAnywhere(request: ResumeRequest, log: EventLog, signal: AbortSignal): Promise<Resumed> {
  const parallel = await parallelOf(request);
  if (parallel !== null && isForJobs(parallel)) {
    const { resumeOnCluster } = await import('./cluster/index.ts');
    return await resumeOnCluster(request, log, signal);
  }
  const work = workFolderOf(request.directory);
  if (existsSync(work)) await (await import('./cluster/index.ts')).endEarlierJobs(work, log.record);
  return await resumeFit(request, log, signal);
}

/** How an unfinished run is to be gone on with; null of what is none, which `resumeFit` tells. */
async function parallelOf({ directory, set }: ResumeRequest): Promise<ParallelConfig | null> {
  const read = await readRequest(directory).catch((error: unknown) => {
    if (isTwotimeError(error, 'InputRefused')) return null;
    throw error;
  });
  return read === null ? null : parseConfig(read.configText, join(directory, CONFIG_FILE), set).parallel;
}
