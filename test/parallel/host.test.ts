/** The host that serves tasks on other machines: frames that notice damage, attempts run in threads, data loaded once. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputRefused } from '../../src/base/errors.ts';
import {
  decodeAttempt,
  decodeFrame,
  decodeOutcome,
  encodeAttempt,
  encodeFrame,
  encodeOutcome,
  releasedError,
  TaskHost,
} from '../../src/parallel/host/index.ts';
import { dataRef, type DataRef, type SharedArrays } from '../../src/parallel/shared-data.ts';
import type { Task } from '../../src/parallel/index.ts';
import { doubleTask, missingTask, refuseTask, reportTask, sumOfSharedTask } from './tasks.ts';

describe('a frame', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.uint8Array(), (header, body) => {
        const frame = decodeFrame(encodeFrame(header, body));
        expect({ ...frame?.header }).toEqual({ ...header });
        expect(new Uint8Array(frame!.body)).toEqual(body);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is not taken for whole with a bit turned, a byte missing or one too many', () => {
    const frame = encodeFrame({ kind: 'test' }, Uint8Array.of(1, 2, 3));
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const wrong = Buffer.from(frame);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeFrame(wrong)).toBeNull();
    }
    for (let length = 0; length < frame.length; length++) expect(decodeFrame(frame.subarray(0, length))).toBeNull();
    expect(decodeFrame(Buffer.concat([frame, Buffer.alloc(1)]))).toBeNull();
  });

  it('carries an attempt with values that JSON has no word for', () => {
    const input = { numbers: Float64Array.of(NaN, -0, Infinity), nothing: undefined, map: new Map([[1, -0]]) };
    const attempt = { id: 'a', number: 2, module: 'file:///m.ts', export: 'run', input };
    const decoded = decodeAttempt(encodeAttempt(attempt))!;
    expect(decoded).toEqual(attempt);
    expect(decodeOutcome(encodeAttempt(attempt))).toBeNull();
  });

  it('carries every kind of outcome', () => {
    const error = new InputRefused('not whole', { where: { file: 'A.h5' }, help: 'copy it again' });
    for (const outcome of [
      { kind: 'ok', output: { c2: Float32Array.of(1.5) } },
      { kind: 'lost', cause: 'memory', reason: 'out of memory' },
      { kind: 'lost', cause: 'time', reason: 'late', advanced: true },
      { kind: 'cancelled' },
    ] as const) {
      expect(decodeOutcome(encodeOutcome('a', outcome, { host: 'n1' }))).toMatchObject({ id: 'a', outcome });
    }
    const failed = decodeOutcome(encodeOutcome('a', { kind: 'failed', error }))!.outcome;
    expect(failed).toMatchObject({ kind: 'failed', error: { tag: 'InputRefused', help: 'copy it again' } });
  });
});

describe('a host', () => {
  let loads = 0;
  const arrays = { numbers: Float64Array.of(1, 2, 3.5), counts: Uint32Array.of(4) };
  const load = async (ref: DataRef): Promise<SharedArrays> => {
    if (ref.digest !== 'known') throw releasedError();
    loads += 1;
    return arrays;
  };
  let host: TaskHost;
  beforeAll(async () => {
    host = await TaskHost.open({ slots: 2, load });
  });
  afterAll(() => host[Symbol.asyncDispose]());
  const run = async (task: Task<never, unknown>, input: unknown, progress?: (event: unknown) => void) =>
    await host.run(
      { id: 'a', number: 1, module: task.module, export: task.export, input },
      AbortSignal.timeout(20_000),
      progress,
    );

  it('runs attempts and tells what became of them', async () => {
    expect(await run(doubleTask, 21)).toEqual({ kind: 'ok', output: 42 });
    expect(await run(refuseTask, 'A.h5')).toMatchObject({ kind: 'failed', error: { tag: 'InputRefused' } });
    const told: unknown[] = [];
    await run(reportTask, null, (event) => told.push(event));
    expect(told).toHaveLength(1);
  });

  it('goes on after a task that could not do its work', async () => {
    expect(await run(missingTask, null)).toMatchObject({ kind: 'failed' });
    expect(await run(doubleTask, 1)).toEqual({ kind: 'ok', output: 2 });
  });

  it('loads shared data once, wherever the handle stands in the input', async () => {
    const data = dataRef(arrays, 'known', { kind: 'elsewhere' });
    const results = await Promise.all([0, 1].map((first) => run(sumOfSharedTask, { data, first })));
    expect(results).toEqual([10.5, 9.5].map((output) => ({ kind: 'ok', output })));
    expect(loads).toBe(1);
    await host.forget('known');
    await run(sumOfSharedTask, { data, first: 0 });
    expect(loads).toBe(2);
    const gone = dataRef(arrays, 'gone', { kind: 'elsewhere' });
    expect(await run(sumOfSharedTask, { data: gone, first: 0 })).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringMatching(/released/) as string },
    });
  });
});
