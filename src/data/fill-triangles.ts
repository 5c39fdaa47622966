/** Read the matrices of a fit into one stack of triangles, and judge each: usable, refused, or usable with a warning. */
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { TaskContext } from '../base/task-context.ts';
import { pairsOf } from '../kernels/triangles.ts';
import type { ContentHash } from './content-hash.ts';
import { matrixProblem } from './matrix-problem.ts';
import type { MatrixSource } from './matrix-source.ts';
import type { FrameSelection } from './request.ts';
import { TriangleFiller } from './triangle-filler.ts';
import type { MatrixFindings } from './triangle-filler.ts';
import type { TriangleStore } from './triangle-store.ts';
import { counted } from './wording.ts';

/** More pairs than this share that are not finite need `allow_nan`. */
const MOST_NON_FINITE = 0.01;
/** Asymmetry below this share of the largest value is rounding. */
const ROUNDING = 1e-6;

/**
 * Bring one triangle per member into `store`, in order, add it to `hash`, and say what each matrix is. `members` are
 * ascending. Refuses empty, constant, contradictory and too large matrices by path; stops between matrices.
 */
export async function fillTriangles(
  source: MatrixSource,
  members: readonly number[],
  frames: FrameSelection,
  store: TriangleStore,
  hash: ContentHash,
  context: TaskContext,
): Promise<MatrixFindings[]> {
  const pairs = pairsOf(frames.support.length);
  const findings: MatrixFindings[] = [];
  let filler: TriangleFiller | undefined;
  let current = -1;
  const finish = (): void => {
    if (filler === undefined) return;
    const found = filler.finish();
    refuseUnusable(source, current, found, pairs);
    const at = members.indexOf(current);
    findings[at] = found;
    hash.add(store.room(at));
    store.keep(at);
    context.progress?.({ kind: 'progress', stage: 'read', done: findings.length, total: members.length });
    throwIfCancelled(context);
  };
  const handle = (matrix: number, row: number, cells: Float32Array | Float64Array, offset: number): void => {
    if (matrix !== current || filler === undefined) {
      finish();
      current = matrix;
      filler = new TriangleFiller(frames.support, frames.width, store.room(members.indexOf(matrix)));
    }
    filler.row(row, cells, offset);
  };
  await source.read(members, frames.start, frames.width, handle, context);
  finish();
  return findings;
}

/** Refuse a matrix no fit can use, naming its path. */
function refuseUnusable(source: MatrixSource, matrix: number, found: MatrixFindings, pairs: number): void {
  const problem = matrixProblem(found, pairs);
  if (problem === null) return;
  throw new InputRefused(problem, {
    where: { file: source.file, path: source.matrices[matrix]!.path },
    help: 'leave this angle out with data.exclude_phi, or check how the file was written',
  });
}

/** Refuse more than 1 % of points that are not finite unless allowed; otherwise a warning that counts them. */
export function judgeNonFinite(
  source: MatrixSource,
  members: readonly number[],
  excluded: Uint32Array,
  pairs: number,
  allowed: boolean,
): Warning[] {
  const nan = excluded.reduce((sum, n) => sum + n, 0);
  if (nan === 0) return [];
  const all = pairs * excluded.length;
  const percent = `${Number(((100 * nan) / all).toPrecision(3))} %`;
  const worst = excluded.indexOf(Math.max(...excluded));
  const path = source.matrices[members[worst]!]!.path;
  if (nan > MOST_NON_FINITE * all && !allowed) {
    throw new InputRefused(`${nan} of ${all} points (${percent}) are not finite; more than 1 % are refused`, {
      where: { file: source.file, path },
      help: 'leave out the frames or angles concerned, or accept it with data.allow_nan: true',
    });
  }
  const text = `${nan} of ${all} points (${percent}) are not finite and are left out; most, ${excluded[worst]}, in ${path}`;
  return [{ code: 'non-finite-points', text }];
}

/** A warning `asymmetric-matrix` if a full matrix is not symmetric beyond rounding. */
export function asymmetryWarning(
  source: MatrixSource,
  members: readonly number[],
  findings: readonly MatrixFindings[],
): Warning[] {
  const asymmetric = findings.flatMap((f, a) =>
    f.asymmetry > ROUNDING * Math.max(Math.abs(f.taken.minimum), Math.abs(f.taken.maximum)) || f.oneSidedPairs > 0
      ? [a]
      : [],
  );
  if (asymmetric.length === 0) return [];
  const worst = asymmetric.reduce((a, b) => (findings[b]!.asymmetry > findings[a]!.asymmetry ? b : a));
  const { asymmetry, oneSidedPairs } = findings[worst]!;
  const path = source.matrices[members[worst]!]!.path;
  const holes = oneSidedPairs > 0 ? `, ${counted(oneSidedPairs, 'pair')} finite on one side only` : '';
  const text =
    `not symmetric: ${asymmetric.length} of ${findings.length} matrices; c(i,j) and c(j,i) differ by up to ` +
    `${Number(asymmetry.toPrecision(3))} in ${path}${holes}; the upper half is used`;
  return [{ code: 'asymmetric-matrix', text }];
}
