/** Threads that read matrices beside the calling one, as the reader sees them; how they are run is not its business. */
import type { TaskContext } from '../base/task-context.ts';
import type { ReadingTaskInput, ReadingTaskOutput } from './reading-task.ts';

/** How much there is to read, as far as it decides how many threads are worth it. */
export interface ReadingWork {
  /** Values of the matrices. */
  readonly values: number;
  /** Whether they are compressed in the file. */
  readonly compressed: boolean;
}

export interface HelperChoice {
  /** Threads beside the calling one. */
  readonly helpers: number;
  /** Why so many, for the log. */
  readonly why: string;
}

export interface ReadingHelpers {
  choose(work: ReadingWork): HelperChoice;
  /**
   * Run `readMatrices` in so many threads; resolves, never rejects, when all have come to rest, with what those report
   * that ended well. A thread that is lost is an event of the context.
   */
  run(input: ReadingTaskInput, helpers: number, context: TaskContext): Promise<readonly ReadingTaskOutput[]>;
}
