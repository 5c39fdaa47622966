/** Jobs whose process died after it had finished a run and before it could tell: the result counts, nothing is done twice. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instantiateKernels, KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import { SequentialEngine, TaskLost, TaskRunner, type ExecutionBackend } from '../../src/parallel/index.ts';
import type { JobEnd } from '../../src/pipeline/batch/batch-folder.ts';
import { runJobLanes } from '../../src/pipeline/batch/job-threads.ts';
import { Timeline } from '../../src/pipeline/batch/timeline.ts';
import { fitInputOf, submitFit } from '../../src/pipeline/cluster/index.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';
import { runFit } from '../../src/pipeline/fit-run.ts';
import type { JobRecord, ResultRecord } from '../../src/results/index.ts';
import { configOf } from '../config/read.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'twotime-died-'));
const file = join(folder, 'A.npz');
const output = join(folder, 'A');
const config = configOf(RINGS_CONFIG);
const signal = new AbortController().signal;
const backendOf = (submit: (...args: Parameters<ExecutionBackend['submit']>) => Promise<unknown>): ExecutionBackend =>
  ({ workers: 1, submit }) as unknown as ExecutionBackend;
let honest: TaskRunner;
let runs = 0;
/** Does what it is asked, and is lost before it tells. */
let dying: ExecutionBackend;

beforeAll(async () => {
  await writeRings(file, { q: [0.01], frames: 40, D: 5000, seed: 1 });
  const memory = new KernelMemory();
  const kernels = instantiateKernels(await loadKernels(), memory);
  honest = new TaskRunner(new SequentialEngine({ memory: memory.memory, kernels }));
  dying = backendOf(async (...args) => {
    runs += 1;
    await honest.submit(...args);
    throw new TaskLost('test', ['its host died']);
  });
});
beforeEach(() => {
  runs = 0;
  rmSync(output, { recursive: true, force: true });
});
afterAll(async () => {
  await honest.shutdown();
  rmSync(folder, { recursive: true });
});

const eventsOf = (): string => readFileSync(join(output, 'events.ndjson'), 'utf8');
const startOf = (): string =>
  (JSON.parse(readFileSync(join(output, 'provenance.json'), 'utf8')) as { started: string }).started;
const request = { file, config, output, force: false, argv: [] };

describe('a fit as a job of a cluster', () => {
  const submit = async (backend: ExecutionBackend, force = false): Promise<ResultRecord> =>
    await submitFit(backend, await fitInputOf({ ...request, force }, null), { signal });

  it('has the result of the attempt that was lost, and no attempt computes it again', async () => {
    const input = await fitInputOf(request, null);
    const first = await submitFit(honest, input, { signal });
    const events = eventsOf();
    expect(await submitFit(honest, input, { signal })).toEqual(first);
    expect(eventsOf()).toBe(events);
  });

  it('has it also when every attempt was lost', async () => {
    expect((await submit(dying)).status).toBe('converged');
    expect(runs).toBe(1);
  });

  it('replaces a finished run that it was told to replace, once', async () => {
    await runFit(request, new EventLog(), signal);
    const before = startOf();
    const input = await fitInputOf({ ...request, force: true }, null);
    await submitFit(honest, input, { signal });
    const now = startOf();
    expect(now).not.toBe(before);
    await submitFit(honest, input, { signal });
    expect(startOf()).toBe(now);
  });

  it('does not take the run that it was to replace for its own', async () => {
    await runFit(request, new EventLog(), signal);
    const lost = backendOf(() => Promise.reject(new TaskLost('test', ['its host died'])));
    await expect(submit(lost, true)).rejects.toThrow(/its host died/);
  });
});

describe('a job of a batch, here or on Ray', () => {
  const job: JobRecord = {
    ...{ name: 'A', file, path: file, config: '', q: null, angles: 2, frames: 40, size: null, modified: null },
    ...{ status: 'pending', reason: null, seconds: null, result: null },
  };
  const lane = async (given: JobRecord, again: number): Promise<JobEnd[]> => {
    const ends: JobEnd[] = [];
    async function* jobs(): AsyncGenerator<JobRecord, void, undefined> {
      yield given;
    }
    const work = {
      ...{ jobs: jobs(), parallel: config.parallel, configs: new Map([['', config]]), folder, argv: [] },
      ...{ memory: 1e9, timeline: new Timeline(), signal, stopped: () => false, warn: () => undefined },
      ended: (end: JobEnd) => void ends.push(end),
    };
    await runJobLanes(work, dying, again);
    return ends;
  };

  it.each([0, 2])('has the result of the process that was lost, with %d further attempts allowed', async (again) => {
    const [end] = await lane(job, again);
    expect(end).toMatchObject({ name: 'A', status: 'ok' });
    expect(end!.result?.digest).toMatch(/^[\da-f]{64}$/);
    expect(runs).toBe(1);
  });

  it('has the new result where an old one was to be replaced', async () => {
    const { digest } = await runFit(request, new EventLog(), signal);
    const before = startOf();
    const old = { status: 'failed', result: { digest } } as unknown as JobRecord;
    expect(await lane({ ...job, status: old.status, result: old.result }, 0)).toMatchObject([{ status: 'ok' }]);
    expect(startOf()).not.toBe(before);
  });
});
