/** Runs attempts one at a time in this thread: the same tasks, no workers. */
import { isTwotimeError } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import { runNamedTask, type TaskSurroundings } from '../../run-named-task.ts';
import { DataTable, inSharedMemory, type PlacedData, type SharedArrays } from '../../shared-data.ts';

export class SequentialEngine implements Engine {
  readonly name = 'sequential';
  readonly slots = 1;
  readonly #surroundings: TaskSurroundings;
  readonly #data = new DataTable();
  #lastData = 0;

  constructor(surroundings: TaskSurroundings) {
    this.#surroundings = surroundings;
  }

  async start(
    attempt: Attempt,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome> {
    try {
      // Cloned as on the way to a worker, so that a task that works here works there.
      const input: unknown = structuredClone(attempt.input);
      const output = await runNamedTask(attempt, input, {
        ...this.#surroundings,
        data: async (ref) => this.#data.open(ref),
        beat: () => undefined,
        signal,
        progress,
      });
      return { kind: 'ok', output: structuredClone(output) };
    } catch (error) {
      if (signal.aborted && isTwotimeError(error, 'Cancelled')) return { kind: 'cancelled' };
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async share(arrays: SharedArrays): Promise<PlacedData> {
    const number = ++this.#lastData;
    this.#data.keep(number, inSharedMemory(arrays));
    return { place: DataTable.place(number), release: async () => this.#data.forget(number) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
