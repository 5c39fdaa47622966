/** The error of a task whose workers were lost again and again. */
import { Defect } from '../base/errors.ts';

export class TaskLost extends Defect {
  /** Why each attempt ended, in order. */
  readonly reasons: readonly string[];

  constructor(task: string, reasons: readonly string[]) {
    const lost = reasons.length === 1 ? 'a worker was lost' : `${reasons.length} workers were lost`;
    super(`${task}: ${lost} under this task (${reasons.at(-1) ?? 'unknown reason'})`, {
      help: 'the other tasks went on; see events.ndjson for each attempt',
    });
    this.reasons = reasons;
  }
}
