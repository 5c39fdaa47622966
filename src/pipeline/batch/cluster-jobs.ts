/** Jobs of a batch as jobs of a cluster, each with all cores of its allocation. */
import { join } from 'node:path';
import type { RunEvent } from '../../base/events.ts';
import type { JobRecord } from '../../results/index.ts';
import { fitInputOf, submitFit, type ClusterWorkers, type FitTaskInput } from '../cluster/index.ts';
import { configOf } from './job-stages.ts';
import type { JobTaskOutput } from './job-task.ts';
import { endOf, type JobLanes } from './job-threads.ts';

/** What one job of a batch asks of a cluster. */
export async function clusterInputOf(
  job: JobRecord,
  { configs, folder, argv }: Pick<JobLanes, 'configs' | 'folder' | 'argv'>,
): Promise<FitTaskInput> {
  const output = join(folder, job.name);
  // What has ended and is to be done all the same is begun anew; what has not is gone on with.
  const config = configOf(configs, job);
  const work = config.sample.batch ? ('sample' as const) : ('fit' as const);
  const request = { file: job.file, config, output, force: job.result !== null, work, argv };
  const { file, path, size, modified } = job;
  return await fitInputOf(request, { file, path, size, modified });
}

/** Run one job on the cluster. Throws as `submitFit`. */
export async function runOnCluster(
  job: JobRecord,
  work: Pick<JobLanes, 'configs' | 'folder' | 'argv' | 'signal' | 'warn'>,
  { backend, lost }: ClusterWorkers,
): Promise<JobTaskOutput> {
  const began = Date.now();
  const progress = (event: RunEvent): void => {
    if (event.kind === 'log' && event.level === 'warning') work.warn(`${job.name}: ${event.text}`);
  };
  const signal = AbortSignal.any([work.signal, lost]);
  const record = await submitFit(backend, await clusterInputOf(job, work), { signal, progress });
  return { end: endOf(job, record), broken: null, spans: [], began };
}
