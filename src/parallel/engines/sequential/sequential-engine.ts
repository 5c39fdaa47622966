/** Runs attempts one at a time in this thread: the same tasks, no workers. */
import { isTwotimeError } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import { runNamedTask, type TaskSurroundings } from '../../run-named-task.ts';

export class SequentialEngine implements Engine {
  readonly name = 'sequential';
  readonly slots = 1;
  readonly #surroundings: TaskSurroundings;

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
      const output = await runNamedTask(attempt, input, { ...this.#surroundings, signal, progress });
      return { kind: 'ok', output: structuredClone(output) };
    } catch (error) {
      if (signal.aborted && isTwotimeError(error, 'Cancelled')) return { kind: 'cancelled' };
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
