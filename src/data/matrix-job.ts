/** Read one matrix of a fit into its triangle and judge it: the piece of work that threads divide between them. */
import { InputRefused } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { pairsOf } from '../kernels/triangles.ts';
import { matrixProblem } from './matrix-problem.ts';
import type { MatrixSource } from './matrix-source.ts';
import type { FrameSelection } from './request.ts';
import { TriangleFiller } from './triangle-filler.ts';
import type { MatrixFindings } from './triangle-filler.ts';

/** Plain data, so that every thread can be given it. */
export interface MatrixJob {
  /** Matrices of the fit by their number in the file, ascending. */
  readonly members: readonly number[];
  /** Matrices that are read only because they share a checksum with the others. */
  readonly besides: readonly number[];
  readonly frames: Pick<FrameSelection, 'start' | 'width' | 'support'>;
}

/** All the members, and besides them what else has to be read for the checksum of the file. */
export function makeMatrixJob(source: MatrixSource, members: readonly number[], frames: FrameSelection): MatrixJob {
  const chosen = new Set(members);
  const besides = source.checksum === null ? [] : [...source.matrices.keys()].filter((k) => !chosen.has(k));
  const { start, width, support } = frames;
  return { members, besides, frames: { start, width, support } };
}

/**
 * Read item `at` of a job: a member into the triangle that `room` gives, or another matrix for its checksum, with null.
 * Refuses an empty, constant, contradictory or too large matrix by its path.
 */
export async function readItem(
  source: MatrixSource,
  job: MatrixJob,
  at: number,
  room: (at: number) => Float32Array,
  context: TaskContext,
): Promise<MatrixFindings | null> {
  const { members, besides, frames } = job;
  if (at >= members.length) {
    await source.checksum?.note(besides[at - members.length]!, context);
    return null;
  }
  const matrix = members[at]!;
  const filler = new TriangleFiller(frames.support, frames.width, room(at));
  const take = (_: number, row: number, cells: Float32Array | Float64Array, offset: number): void =>
    filler.row(row, cells, offset);
  await source.read([matrix], frames.start, frames.width, take, context);
  const found = filler.finish();
  refuseUnusable(source, matrix, found, pairsOf(frames.support.length));
  return found;
}

/** Refuse a matrix no fit can use, naming its path. */
export function refuseUnusable(source: MatrixSource, matrix: number, found: MatrixFindings, pairs: number): void {
  const problem = matrixProblem(found, pairs);
  if (problem === null) return;
  throw new InputRefused(problem, {
    where: { file: source.file, path: source.matrices[matrix]!.path },
    help: 'leave this angle out with data.exclude_phi, or check how the file was written',
  });
}
