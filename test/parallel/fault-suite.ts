/**
 * What every engine promises when workers fail: the results of a run without faults or one clear error, and accounts that
 * add up. For engines whose tasks run outside this thread. The reason of a loss names the exit code, the lease or the memory;
 * the folder for temporary files is one that workers see.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { TaskLost, TaskRunner, type Accounts, type Task } from '../../src/parallel/index.ts';
import type { EngineUnderTest } from './conformance-suite.ts';
import { doubleTask, exhaustTask, exitTask, hangTask, loopTask, refuseTask, trapTask, type Fault } from './tasks.ts';

/** Milliseconds after which a task that gives no sign counts as hung. */
const LEASE = 400;

export function describeFaults(subject: EngineUnderTest): void {
  describe(`the ${subject.name} backend when workers fail`, () => {
    let world: AsyncDisposable;
    const folders: string[] = [];
    const backends: TaskRunner[] = [];
    const events: RunEvent[] = [];
    const progress = (event: RunEvent): void => void events.push(event);
    const makeBackend = (options: { grace?: number; lease?: number } = {}): TaskRunner => {
      const backend = new TaskRunner(subject.make({ grace: 200, ...options }));
      backends.push(backend);
      return backend;
    };
    const fault = async (times: number, value: number): Promise<Fault> => {
      const folder = await mkdtemp(join(tmpdir(), 'twotime-fault-'));
      folders.push(folder);
      return { folder, times, value };
    };
    const told = (): string[] => events.flatMap((event) => (event.kind === 'log' ? [event.text] : []));
    beforeAll(async () => {
      world = await subject.open();
    });
    afterAll(() => world[Symbol.asyncDispose]());
    afterEach(async () => {
      for (const backend of backends.splice(0)) {
        const { submitted, ok, failed, cancelled } = await backend.shutdown({ wait: false });
        expect(ok + failed + cancelled).toBe(submitted);
      }
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
      events.length = 0;
    });

    /** Twelve tasks, of which the third and the ninth go wrong so many times: all results are there, each once. */
    async function mapWithFaults(task: Task<Fault, number>, backend: TaskRunner, times: number[]): Promise<Accounts> {
      const wrong = new Map([
        [2, times[0]],
        [8, times[1]],
      ]);
      const items = await Promise.all(Array.from({ length: 12 }, (_, k) => fault(wrong.get(k) ?? 0, 10 * k)));
      const results: number[] = [];
      for await (const [index, value] of backend.map(task, items, { progress })) {
        expect(results[index]).toBeUndefined();
        results[index] = value;
      }
      expect(results).toEqual(items.map(({ value }) => value));
      return backend.shutdown();
    }

    it('tries tasks again whose worker exited, and tells every loss', async () => {
      const accounts = await mapWithFaults(exitTask, makeBackend(), [2, 2]);
      expect(accounts).toEqual({ submitted: 12, ok: 12, failed: 0, cancelled: 0, retried: 4 });
      const retries = told().filter((text) => /^test\.exit: attempt [12] was lost .*tried again$/.test(text));
      expect(retries).toHaveLength(4);
      expect(events.every((event) => event.kind === 'log' && event.level === 'warning')).toBe(true);
    });

    it('tries tasks again that hang', async () => {
      const accounts = await mapWithFaults(hangTask, makeBackend({ lease: LEASE }), [2, 1]);
      expect(accounts).toMatchObject({ submitted: 12, ok: 12, failed: 0, cancelled: 0 });
      // On a machine that is busy enough, healthy tasks may seem to hang as well.
      expect(accounts.retried).toBeGreaterThanOrEqual(3);
      expect(told().some((text) => /did not move/.test(text))).toBe(true);
    });

    it('tries tasks again that ran out of memory', async () => {
      const accounts = await mapWithFaults(exhaustTask, makeBackend(), [2, 1]);
      expect(accounts).toEqual({ submitted: 12, ok: 12, failed: 0, cancelled: 0, retried: 3 });
      expect(told().some((text) => /attempt 2 was lost \(out of memory/.test(text))).toBe(true);
    });

    it.each([
      ['exits', exitTask, {}, /3 workers were lost .*exited with code 7/],
      ['hangs', hangTask, { lease: LEASE }, /3 workers were lost .*did not move/],
      ['runs out of memory', exhaustTask, {}, /3 workers were lost .*out of memory/],
    ] as const)(
      'gives up a task that always %s, with every reason, and goes on with the others',
      async (_, task, options, said) => {
        const backend = makeBackend(options);
        const poison = backend.submit(task, await fault(1000, 0), { progress }).then(
          () => null,
          (error: unknown) => error,
        );
        const others = Promise.all(Array.from({ length: 20 }, (__, k) => backend.submit(doubleTask, k)));
        expect(await others).toEqual(Array.from({ length: 20 }, (__, k) => 2 * k));
        const error = await poison;
        expect(error).toBeInstanceOf(TaskLost);
        expect((error as TaskLost).message).toMatch(said);
        expect((error as TaskLost).reasons).toHaveLength(3);
        expect(told().filter((text) => text.endsWith('given up'))).toHaveLength(1);
        expect(await backend.shutdown()).toMatchObject({ submitted: 21, ok: 20, failed: 1, cancelled: 0 });
      },
    );

    it('tries no more often than it is allowed', async () => {
      const backend = makeBackend();
      await expect(backend.submit(exitTask, await fault(1000, 0), { retries: 0 })).rejects.toThrow(
        /a worker was lost .*exited with code 7/,
      );
      expect((await backend.shutdown()).retried).toBe(0);
    });

    it('passes on a trap of WebAssembly as an error of the task, and keeps the worker', async () => {
      const backend = makeBackend();
      await expect(backend.submit(trapTask, null, { progress })).rejects.toMatchObject({
        name: 'RuntimeError',
        message: 'unreachable',
      });
      expect(await backend.submit(doubleTask, 4)).toBe(8);
      expect(told()).toEqual([]);
      expect(await backend.shutdown()).toEqual({ submitted: 2, ok: 1, failed: 1, cancelled: 0, retried: 0 });
    });

    it('lets a task that throws fail alone', async () => {
      const backend = makeBackend();
      const all = await Promise.allSettled(
        Array.from({ length: 12 }, (_, k) =>
          k === 5 ? backend.submit(refuseTask, 'A.h5') : backend.submit(doubleTask, k),
        ),
      );
      expect(all.map(({ status }) => status)).toEqual(
        Array.from({ length: 12 }, (_, k) => (k === 5 ? 'rejected' : 'fulfilled')),
      );
      expect(await backend.shutdown()).toEqual({ submitted: 12, ok: 11, failed: 1, cancelled: 0, retried: 0 });
    });

    it('ends a task that does not stop when told, within its grace', async () => {
      const backend = makeBackend({ grace: 100 });
      const stop = new AbortController();
      const work = backend.submit(loopTask, null, { signal: stop.signal, progress });
      setTimeout(() => stop.abort('enough'), 50);
      await expect(work).rejects.toMatchObject({ tag: 'Cancelled' });
      expect(await backend.submit(doubleTask, 4)).toBe(8);
      expect(await backend.shutdown()).toMatchObject({ ok: 1, cancelled: 1, retried: 0 });
    });

    it('is shut down while workers hang', async () => {
      const backend = makeBackend({ grace: 100 });
      const work = [1, 2, 3, 4].map(() =>
        expect(backend.submit(loopTask, null)).rejects.toMatchObject({ tag: 'Cancelled' }),
      );
      setTimeout(() => void backend.shutdown({ wait: false }), 50);
      await Promise.all(work);
      expect(await backend.shutdown()).toMatchObject({ submitted: 4, cancelled: 4 });
    });
  });
}
