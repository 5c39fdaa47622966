/** Work on one angle after the other, or on several side by side in threads: the same answers, in the order of the angles. */
import { settleAll } from '../base/settle.ts';
import { breathe, type TaskContext } from '../base/task-context.ts';
import { isResident, pairsOf, type TriangleStack } from '../kernels/triangles.ts';
import type { ExecutionBackend, Task } from '../parallel/protocol.ts';

export interface AngleWork<Question, Answer> {
  /** `run` by name. */
  readonly task: Task<Question, Answer>;
  readonly run: (question: Question, context: TaskContext) => Answer | Promise<Answer>;
  /** Fewer points than this take less time than it takes to begin, and to be compiled again, in other threads. */
  readonly fewestPoints: number;
}

/**
 * An answer per angle. `ask` is given room for the pairs of one angle where data lie in a file. Throws `Cancelled`, or the
 * first failure once everything is at rest.
 */
export async function eachAngle<Question, Answer>(
  { task, run, fewestPoints }: AngleWork<Question, Answer>,
  data: TriangleStack,
  ask: (angle: number, room: Float32Array | undefined) => Question,
  threads: ExecutionBackend | null,
  context: TaskContext,
): Promise<Answer[]> {
  const { angles } = data;
  const found: Answer[] = [];
  let next = 0;
  const look = async (at: (question: Question) => Answer | Promise<Answer>): Promise<void> => {
    // Data in a file are read into the same room again and again; garbage collection does not see how large it is.
    const room = isResident(data) ? undefined : roomForAll(data.frames);
    while (next < angles) {
      const angle = next++;
      try {
        await breathe(context);
        found[angle] = await at(ask(angle, room));
      } catch (error) {
        next = angles;
        throw error;
      }
    }
  };
  // This thread works too, so one worker fewer is enough.
  const shared = threads !== null && angles > 1 && angles * pairsOf(data.frames) >= fewestPoints;
  const helpers = shared ? Math.min(threads.workers, angles) - 1 : 0;
  const help = Array.from({ length: helpers }, () => look((question) => threads!.submit(task, question, context)));
  await settleAll([...help, look((question) => run(question, context))]);
  return found;
}

/** Room for the pairs of one angle that all threads can see. */
function roomForAll(frames: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * pairsOf(frames)));
}
