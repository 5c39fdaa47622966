/** Let signals, messages and timers have their turn now and then during long reads, which block the thread. */
import { nextTurn, throwIfCancelled, type TaskContext } from '../base/task-context.ts';

/** Read this long before letting events run, ms. */
const WORK_BETWEEN_TURNS = 50;

let last = 0;

/** Call between blocks: costs nothing until 50 ms have passed since the last turn. Throws `Cancelled` when stopped. */
export async function letEventsRun(context: TaskContext): Promise<void> {
  if (performance.now() - last > WORK_BETWEEN_TURNS) {
    await nextTurn();
    last = performance.now();
  }
  throwIfCancelled(context);
}
