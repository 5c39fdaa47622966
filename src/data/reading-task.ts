/**
 * What a helping thread does while a file is read: take matrices until none is left.
 *
 * It reports no failure of a matrix. It stops everybody, and the calling thread reads again what is not whole, so that the
 * first bad matrix of the file is the one that is named, in the same words, whoever met it.
 */
import type { TaskContext } from '../base/task-context.ts';
import { readItem } from './matrix-job.ts';
import type { MatrixJob } from './matrix-job.ts';
import { ReadingBoard } from './reading-board.ts';
import { openSource } from './readers/detect.ts';
import { openTarget } from './triangle-store.ts';
import type { TriangleTarget } from './triangle-store.ts';
import type { MatrixFindings } from './triangle-filler.ts';

/** URL of this module, by which threads find its functions. */
export const READING_MODULE: string = import.meta.url;

export interface ReadingTaskInput {
  readonly path: string;
  readonly shown: string;
  readonly job: MatrixJob;
  readonly board: SharedArrayBuffer;
  readonly target: TriangleTarget;
}

/** What one helper has read. */
export interface ReadingTaskOutput {
  /** By place in the list of members. */
  readonly findings: readonly (readonly [at: number, found: MatrixFindings])[];
  /** Parts of the checksum, by matrix. */
  readonly parts: readonly (readonly [matrix: number, crc: number])[];
}

/** Read matrices of a file until none is left. Rejects only when the file cannot be opened or a matrix cannot be used. */
export async function readMatrices(
  input: ReadingTaskInput,
  context: TaskContext & { readonly memory: WebAssembly.Memory },
): Promise<ReadingTaskOutput> {
  const { path, shown, job } = input;
  const board = new ReadingBoard(input.board);
  const triangles = openTarget(input.target, context.memory, board.enter());
  const findings: [number, MatrixFindings][] = [];
  const source = await openSource(path, shown);
  try {
    for (let at = board.take(); at >= 0; at = board.take()) {
      const found = await readItem(source, job, at, (item) => triangles.room(item), context);
      if (found !== null) {
        triangles.keep(at);
        findings.push([at, found]);
      }
      board.finish(at);
    }
  } catch (error) {
    board.stop();
    throw error;
  } finally {
    source.close();
  }
  return { findings, parts: [...(source.checksum?.parts ?? [])] };
}
