/** What a job of a batch asks of a cluster, and what of it makes it the same task. */
import { describe, expect, it } from 'vitest';
import { configOf } from '../config/read.ts';
import { clusterInputOf } from '../../src/pipeline/batch/cluster-jobs.ts';
import { fitTask } from '../../src/pipeline/cluster/index.ts';
import { taskIdentity } from '../../src/parallel/task-identity.ts';
import type { JobRecord } from '../../src/results/index.ts';

const job: JobRecord = {
  ...{ name: 'A_q0.01', file: 'A.npz', path: '/data/A.npz', config: '', q: 0.01, angles: 2, frames: 60 },
  ...{ size: 100, modified: 5, status: 'pending', reason: null, seconds: null, result: null },
};
const inputOf = (text: string, argv: string[] = [], change: Partial<JobRecord> = {}) =>
  clusterInputOf({ ...job, ...change }, { configs: new Map([['', configOf(text)]]), folder: '/scan', argv });

describe('a job of a batch on a cluster', () => {
  it('has its run directory, its ring, the state of its file, and plain data only', async () => {
    const input = await inputOf('model: static');
    expect(input).toMatchObject({ file: 'A.npz', output: '/scan/A_q0.01', work: 'fit', replaces: null });
    expect(input.state).toEqual({ file: 'A.npz', path: '/data/A.npz', size: 100, modified: 5 });
    expect(input.config.data.q).toBe(0.01);
    await expect(taskIdentity(fitTask, input)).resolves.toMatch(/^[\da-f]{32}$/);
  });

  it('samples the posterior where the batch is to', async () => {
    expect((await inputOf('model: static\nsample: { batch: true }')).work).toBe('sample');
  });

  it('is the same task whoever asks, and wherever it runs; another one with other data or another model of them', async () => {
    const identity = async (...args: Parameters<typeof inputOf>) => await taskIdentity(fitTask, await inputOf(...args));
    const own = await identity('model: static');
    expect(await identity('model: static\nparallel: { backend: slurm, cluster: { jobs: 3 } }', ['batch', 'x'])).toBe(
      own,
    );
    expect(await identity('model: static\nseed: 2')).not.toBe(own);
    expect(await identity('model: static', [], { modified: 6 })).not.toBe(own);
    expect(await identity('model: static', [], { q: 0.02 })).not.toBe(own);
  });
});
