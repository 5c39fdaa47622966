/** What every engine promises, in the same words: order, accounts, errors, cancellation, back-pressure, shared data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { keyFromSeed, uniformAt } from '../../src/math/index.ts';
import { TaskRunner, type Engine } from '../../src/parallel/index.ts';
import {
  doubleTask,
  functionTask,
  missingTask,
  pauseTask,
  refuseTask,
  reportTask,
  sumTask,
  sumOfSharedTask,
} from './tasks.ts';

/** An engine and the world it needs, for the suites that every engine must pass unchanged. */
export interface EngineUnderTest {
  readonly name: string;
  /** Start what all engines of the suite share (threads, a cluster), once. */
  readonly open: () => Promise<AsyncDisposable>;
  /** A new engine; the suite shuts it down. Valid between opening and closing. */
  readonly make: (options: { readonly grace?: number; readonly lease?: number }) => Engine;
  /** How much of the long tests to run; 1, the default, is for engines that take microseconds per task. */
  readonly portion?: number;
  /** Time over which the aborts of that test are spread, in units of the 8 ms that suit engines without a queue. Default 1. */
  readonly pace?: number;
}

/** Eight tasks of 0 to 2 ms. */
const somePauses = Array.from({ length: 8 }, (_, value) => ({ ms: value % 3, value }));

/** Outputs in the order of the items; each comes once. */
async function collect<T>(results: AsyncIterable<[index: number, output: T]>): Promise<T[]> {
  const outputs: T[] = [];
  for await (const [index, output] of results) {
    expect(index in outputs).toBe(false);
    outputs[index] = output;
  }
  return outputs;
}

/** Always the same numbers between 0 and 1 for a seed. */
function randomFractions(seed: number): () => number {
  const key = keyFromSeed(seed);
  let index = 0;
  return () => uniformAt(key, index++);
}

export function describeConformance(subject: EngineUnderTest): void {
  describe(`the ${subject.name} backend`, () => {
    let world: AsyncDisposable;
    const portion = subject.portion ?? 1;
    const pace = subject.pace ?? 1;
    const instants = Math.ceil(200 * portion);
    const tiny = 2 * Math.ceil(5000 * portion);
    const makeBackend = (): TaskRunner => new TaskRunner(subject.make({ grace: 200 }));
    beforeAll(async () => {
      world = await subject.open();
    });
    afterAll(() => world[Symbol.asyncDispose]());

    it('runs a task and counts it', async () => {
      const backend = makeBackend();
      expect(await backend.submit(doubleTask, 21)).toBe(42);
      expect(await backend.submit(sumTask, Float64Array.of(1, 2, 3.5))).toBe(6.5);
      expect(await backend.shutdown()).toEqual({ submitted: 2, ok: 2, failed: 0, cancelled: 0, retried: 0 });
    });

    it('maps items to results, each once with its index', async () => {
      const backend = makeBackend();
      const results = new Map<number, number>();
      for await (const [index, output] of backend.map(
        doubleTask,
        Array.from({ length: 500 }, (_, k) => k),
      )) {
        expect(results.has(index)).toBe(false);
        results.set(index, output);
      }
      expect(results.size).toBe(500);
      for (const [index, output] of results) expect(output).toBe(2 * index);
      expect((await backend.shutdown()).ok).toBe(500);
    });

    it('reads items no further ahead than its window', async () => {
      const backend = makeBackend();
      let read = 0;
      let taken = 0;
      function* items(): Generator<number> {
        for (let k = 0; k < 50; k++) {
          read += 1;
          yield k;
        }
      }
      for await (const _ of backend.map(doubleTask, items(), { window: 3 })) {
        taken += 1;
        expect(read).toBeLessThanOrEqual(taken + 3);
      }
      expect(taken).toBe(50);
      await backend.shutdown();
    });

    it("rejects with the task's own error, its class, place, advice and cause, and does not try again", async () => {
      const backend = makeBackend();
      await expect(backend.submit(refuseTask, 'A.h5')).rejects.toMatchObject({
        tag: 'InputRefused',
        message: 'the file is not whole',
        where: { file: 'A.h5' },
        help: 'copy it again',
        cause: { message: 'read failed', code: 'EIO' },
      });
      await expect(backend.submit(missingTask, null)).rejects.toThrow(/exports no function nowhere/);
      await expect(backend.submit(functionTask, null)).rejects.toThrow(/could not be cloned/);
      expect(await backend.shutdown()).toMatchObject({ submitted: 3, failed: 3, retried: 0 });
    });

    it('ends a map with the first failure and cancels the rest', async () => {
      const backend = makeBackend();
      const seen: number[] = [];
      await expect(
        (async () => {
          for await (const [index] of backend.map(refuseTask, ['a', 'b', 'c', 'd'])) seen.push(index);
        })(),
      ).rejects.toThrow('the file is not whole');
      const { submitted, ok, failed, cancelled } = await backend.shutdown();
      expect(ok + failed + cancelled).toBe(submitted);
    });

    it('cancels what is in flight when the consumer of a map stops early, and closes its items', async () => {
      const backend = makeBackend();
      let isOpen = true;
      async function* items(): AsyncGenerator<{ ms: number; value: number }> {
        try {
          for (let value = 0; value < 20; value++) yield { ms: 5, value };
        } finally {
          isOpen = false;
        }
      }
      for await (const [, output] of backend.map(pauseTask, items(), { window: 6 })) {
        expect(output).toBeLessThan(20);
        break;
      }
      // Everything has ended already, before any shutdown.
      const { submitted, ok, failed, cancelled } = backend.accounts;
      expect(isOpen).toBe(false);
      expect(submitted).toBeLessThan(20);
      expect(failed).toBe(0);
      expect(ok + cancelled).toBe(submitted);
      expect(cancelled).toBeGreaterThan(0);
      await backend.shutdown();
    });

    it('yields results while items are slow to come, and ends with the error of the items', async () => {
      const backend = makeBackend();
      const first = Promise.withResolvers<undefined>();
      async function* items(): AsyncGenerator<number> {
        yield 1;
        await first.promise;
        throw new Error('the list of files is gone');
      }
      const seen: number[] = [];
      const all = async (): Promise<void> => {
        for await (const [, output] of backend.map(doubleTask, items(), { window: 4 })) {
          seen.push(output);
          first.resolve(undefined);
        }
      };
      await expect(all()).rejects.toThrow('the list of files is gone');
      expect(seen).toEqual([2]);
      expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1 });
    });

    it('stops a map that waits for items which never come', async () => {
      const backend = makeBackend();
      const stop = new AbortController();
      async function* items(): AsyncGenerator<number> {
        await new Promise(() => undefined);
        yield 1;
      }
      const next = backend.map(doubleTask, items(), { signal: stop.signal }).next();
      setTimeout(() => stop.abort('enough'), 5);
      await expect(next).rejects.toMatchObject({ tag: 'Cancelled' });
      expect((await backend.shutdown()).submitted).toBe(0);
    });

    it('stops on an abort at any instant, with exactly one end per task', async () => {
      const backend = makeBackend();
      const random = randomFractions(20);
      for (let k = 0; k < instants; k++) {
        const stop = new AbortController();
        const isMap = k % 2 === 1;
        const work = isMap
          ? collect(backend.map(pauseTask, somePauses, { signal: stop.signal, window: 4 }))
          : backend.submit(pauseTask, { ms: 3 * random(), value: k }, { signal: stop.signal }).then((value) => [value]);
        // Some at once, some after the microtasks at hand, most within the milliseconds the work takes.
        const instant = random();
        if (instant < 0.1) stop.abort('enough');
        else if (instant < 0.2) queueMicrotask(() => stop.abort('enough'));
        else setTimeout(() => stop.abort('enough'), 8 * pace * (instant - 0.2));
        await work.then(
          (values) => expect(values).toEqual(isMap ? somePauses.map(({ value }) => value) : [k]),
          (error: unknown) => expect(error).toMatchObject({ tag: 'Cancelled' }),
        );
        const { submitted, ok, failed, cancelled } = backend.accounts;
        expect(failed).toBe(0);
        expect(ok + cancelled).toBe(submitted);
      }
      expect(backend.accounts.ok).toBeGreaterThan(0);
      expect(backend.accounts.cancelled).toBeGreaterThan(0);
      expect(await backend.submit(doubleTask, 4)).toBe(8);
      expect((await backend.shutdown()).retried).toBe(0);
    });

    it('runs thousands of tiny tasks, waiting all at once or read one by one', async () => {
      const backend = makeBackend();
      const half = tiny / 2;
      const random = randomFractions(21);
      const numbers = Array.from({ length: half }, (_, k) => k);
      const doubled = numbers.map((value) => 2 * value);
      expect(await Promise.all(numbers.map((k) => backend.submit(doubleTask, k, { cost: random() })))).toEqual(doubled);
      expect(await collect(backend.map(doubleTask, numbers))).toEqual(doubled);
      const counts = { submitted: 2 * half, ok: 2 * half, failed: 0, cancelled: 0, retried: 0 };
      expect(await backend.shutdown()).toEqual(counts);
    });

    it('finishes what was submitted when it is shut down during work', async () => {
      const backend = makeBackend();
      const work = somePauses.map((input) => backend.submit(pauseTask, input));
      expect(await backend.shutdown()).toMatchObject({ submitted: 8, ok: 8, cancelled: 0 });
      expect(await Promise.all(work)).toEqual(somePauses.map(({ value }) => value));
    });

    it('cancels what was submitted when it is shut down without waiting, also after it was asked to wait', async () => {
      const backend = makeBackend();
      const slow = Array.from({ length: 12 }, (_, value) => ({ ms: 10_000, value }));
      const alone = slow.slice(0, 8).map((input) => backend.submit(pauseTask, input));
      const mapped = collect(backend.map(pauseTask, slow.slice(8)));
      const ended = Promise.allSettled([...alone, mapped]);
      const waiting = backend.shutdown();
      const accounts = await backend.shutdown({ wait: false });
      expect(accounts).toMatchObject({ ok: 0, failed: 0, cancelled: accounts.submitted });
      expect(accounts.submitted).toBeGreaterThanOrEqual(8);
      expect(await waiting).toEqual(accounts);
      for (const result of await ended) expect(result.status).toBe('rejected');
    });

    it('passes on what a task reports', async () => {
      const backend = makeBackend();
      const events: RunEvent[] = [];
      await backend.submit(reportTask, null, { progress: (event) => events.push(event) });
      expect(events).toEqual([{ kind: 'progress', stage: 'test', done: 1, total: 2 }]);
      await backend.shutdown();
    });

    it('starts the longest of the waiting tasks first', async () => {
      const backend = makeBackend();
      const order: number[] = [];
      // As many as there are workers start at once, in the order given; the others wait.
      const costs = [...Array.from({ length: backend.workers }, () => 1), 3, 9, 5, 7];
      await Promise.all(
        costs.map((cost) => backend.submit(pauseTask, { ms: 30, value: cost }, { cost }).then((v) => order.push(v))),
      );
      const waited = order.slice(backend.workers);
      expect(Math.min(...waited.slice(0, 2))).toBe(7);
      expect(Math.max(...waited.slice(2))).toBe(5);
      await backend.shutdown();
    });

    it('refuses work after shutdown', async () => {
      const backend = makeBackend();
      await backend.shutdown();
      await expect(backend.submit(doubleTask, 1)).rejects.toThrow(/shut down/);
    });

    it('shows shared data to every task, without sending them along', async () => {
      const backend = makeBackend();
      const numbers = Float64Array.from({ length: 1000 }, (_, k) => k / 8);
      const shared = await backend.share({ numbers, counts: Uint32Array.of(3, 4) });
      expect(structuredClone(shared.ref)).toEqual(shared.ref);
      expect(JSON.stringify(shared.ref).length).toBeLessThan(400);
      expect(shared.ref.arrays).toEqual({
        numbers: { type: 'Float64Array', length: 1000 },
        counts: { type: 'Uint32Array', length: 2 },
      });
      const sums: number[] = [];
      const inputs = [0, 1, 2, 3, 4].map((first) => ({ data: shared.ref, first }));
      for await (const [index, sum] of backend.map(sumOfSharedTask, inputs)) sums[index] = sum;
      expect(sums).toEqual([0, 1, 2, 3, 4].map((first) => 7 + numbers.slice(first).reduce((a, b) => a + b, 0)));
      await shared[Symbol.asyncDispose]();
      await shared[Symbol.asyncDispose]();
      await expect(backend.submit(sumOfSharedTask, inputs[0]!)).rejects.toThrow(/released/);
      await backend.shutdown();
    });

    it('names the same data alike, and other data differently', async () => {
      const backend = makeBackend();
      const digest = async (numbers: Float64Array, counts: Uint32Array): Promise<string> => {
        await using shared = await backend.share({ numbers, counts });
        return shared.ref.digest;
      };
      const first = await digest(Float64Array.of(1, 2), Uint32Array.of(3));
      expect(await digest(Float64Array.of(1, 2), Uint32Array.of(3))).toBe(first);
      expect(await digest(Float64Array.of(1, 2.5), Uint32Array.of(3))).not.toBe(first);
      expect(await digest(Float64Array.of(1, 2, 0), Uint32Array.of(3))).not.toBe(first);
      await using known = await backend.share({ numbers: Float64Array.of(1) }, { digest: 'abc' });
      expect(known.ref.digest).toBe('abc');
      await backend.shutdown();
      await expect(backend.share({ numbers: Float64Array.of(1) })).rejects.toThrow(/shut down/);
    });
  });
}
