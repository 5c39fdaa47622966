/** What every engine promises, in the same words: order, accounts, errors, cancellation, back-pressure, shared data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
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
}

export function describeConformance(subject: EngineUnderTest): void {
  describe(`the ${subject.name} backend`, () => {
    let world: AsyncDisposable;
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

    it("rejects with the task's own error, its class, place and advice, and does not try again", async () => {
      const backend = makeBackend();
      await expect(backend.submit(refuseTask, 'A.h5')).rejects.toMatchObject({
        tag: 'InputRefused',
        message: 'the file is not whole',
        where: { file: 'A.h5' },
        help: 'copy it again',
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

    it('cancels what is in flight when the consumer of a map stops early', async () => {
      const backend = makeBackend();
      const items = Array.from({ length: 20 }, (_, value) => ({ ms: 5, value }));
      for await (const [, output] of backend.map(pauseTask, items, { window: 6 })) {
        expect(output).toBeLessThan(20);
        break;
      }
      const { submitted, ok, cancelled } = await backend.shutdown();
      expect(submitted).toBeLessThan(20);
      expect(ok + cancelled).toBe(submitted);
      expect(cancelled).toBeGreaterThan(0);
    });

    it('stops on an abort at any instant, with exactly one end per task', async () => {
      const backend = makeBackend();
      for (let k = 0; k < 40; k++) {
        const stop = new AbortController();
        const work = backend.submit(pauseTask, { ms: 2, value: k }, { signal: stop.signal });
        setTimeout(() => stop.abort('enough'), (k * 7) % 5);
        await work.then(
          (value) => expect(value).toBe(k),
          (error: unknown) => expect(error).toMatchObject({ tag: 'Cancelled' }),
        );
      }
      const { submitted, ok, failed, cancelled } = await backend.shutdown();
      expect(submitted).toBe(40);
      expect(failed).toBe(0);
      expect(ok + cancelled).toBe(40);
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
