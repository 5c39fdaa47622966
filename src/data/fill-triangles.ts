/** Read the matrices of a fit into their triangles, alone or with helping threads, and judge what they are together. */
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { TaskContext } from '../base/task-context.ts';
import { pairsOf } from '../kernels/triangles.ts';
import type { ContentHash } from './content-hash.ts';
import { makeMatrixJob, readItem, refuseUnusable } from './matrix-job.ts';
import type { MatrixJob } from './matrix-job.ts';
import type { MatrixSource } from './matrix-source.ts';
import { ReadingBoard } from './reading-board.ts';
import type { ReadingHelpers } from './reading-helpers.ts';
import type { ReadingTaskOutput } from './reading-task.ts';
import type { FrameSelection } from './request.ts';
import { TriangleFiller } from './triangle-filler.ts';
import type { MatrixFindings } from './triangle-filler.ts';
import type { TriangleStore } from './triangle-store.ts';
import { counted } from './wording.ts';

/** More pairs than this share that are not finite need `allow_nan`. */
const MOST_NON_FINITE = 0.01;
/** Asymmetry below this share of the largest value is rounding. */
const ROUNDING = 1e-6;

/** Where triangles come from and go to. */
export interface Filling {
  readonly source: MatrixSource;
  /** The file as other threads find it. */
  readonly path: string;
  /** Matrices by their number in the file, ascending. */
  readonly members: readonly number[];
  readonly frames: FrameSelection;
  readonly store: TriangleStore;
  /** Takes the triangles in the order of the members. */
  readonly hash: ContentHash;
  readonly helpers: ReadingHelpers | undefined;
}

/**
 * Bring one triangle per member into the store and the hash, and say what each matrix is. Refuses empty, constant,
 * contradictory and too large matrices by path, the first in the file; stops between matrices.
 */
export async function fillTriangles(filling: Filling, context: TaskContext): Promise<MatrixFindings[]> {
  if (!filling.source.independent) return fillFromStream(filling, context);
  const job = makeMatrixJob(filling.source, filling.members, filling.frames);
  const helpers = chooseHelpers(filling, job, context);
  return new SharedReading(filling, job, context).run(helpers);
}

function chooseHelpers({ source, store, helpers, frames }: Filling, job: MatrixJob, context: TaskContext): number {
  if (helpers === undefined) return 0;
  const items = job.members.length + job.besides.length;
  const values = frames.width ** 2 * items;
  const choice = helpers.choose({ values, compressed: source.describe(job.members[0]!).storage.includes(',') });
  const most = Math.max(0, Math.min(store.mostReaders, items) - 1);
  const chosen = Math.min(choice.helpers, most);
  const why = chosen < choice.helpers ? 'more triangles under way than parallel.memory allows' : choice.why;
  const millions = Number((values / 1e6).toPrecision(3));
  tell(context, `${millions} million values are read by ${counted(chosen + 1, 'thread')}: ${why}`);
  return chosen;
}

function tell(context: TaskContext, text: string): void {
  context.progress?.({ kind: 'log', level: 'debug', text });
}

class SharedReading {
  readonly #filling: Filling;
  readonly #job: MatrixJob;
  readonly #context: TaskContext;
  readonly #items: number;
  readonly #board: ReadingBoard;
  readonly #findings: MatrixFindings[] = [];
  #hashed = 0;

  constructor(filling: Filling, job: MatrixJob, context: TaskContext) {
    this.#filling = filling;
    this.#job = job;
    this.#context = context;
    this.#items = job.members.length + job.besides.length;
    this.#board = ReadingBoard.create(this.#items);
  }

  async run(helpers: number): Promise<MatrixFindings[]> {
    const { source } = this.#filling;
    const elsewhere = this.#startHelpers(helpers);
    let failure: { readonly at: number; readonly error: unknown } | null = null;
    let at = this.#board.take();
    try {
      for (; at >= 0; at = this.#board.take()) await this.#read(at);
    } catch (error) {
      failure = { at, error };
      this.#board.stop();
    }
    for (const output of await elsewhere) this.#collect(output);
    throwIfCancelled(this.#context);
    // Whatever is not whole by now: what nobody took, what a thread left behind, and what cannot be used.
    for (let left = 0; left < this.#items; left++) {
      if (this.#board.isDone(left)) continue;
      if (left === failure?.at) throw failure.error;
      await this.#read(left);
    }
    source.checksum?.check();
    this.#hashReady();
    return this.#findings;
  }

  #startHelpers(count: number): Promise<readonly ReadingTaskOutput[]> {
    const { source, path, store, helpers } = this.#filling;
    if (count === 0 || helpers === undefined) return Promise.resolve([]);
    const target = store.target(count);
    const input = { path, shown: source.file, job: this.#job, board: this.#board.buffer, target };
    return helpers.run(input, count, this.#context);
  }

  async #read(at: number): Promise<void> {
    const { source, store } = this.#filling;
    throwIfCancelled(this.#context);
    const found = await readItem(source, this.#job, at, (item) => store.room(item), this.#context);
    if (found !== null) {
      store.keep(at);
      this.#findings[at] = found;
    }
    this.#board.finish(at);
    this.#hashReady();
    const done = Math.min(this.#board.done, this.#job.members.length);
    this.#context.progress?.({ kind: 'progress', stage: 'read', done, total: this.#job.members.length });
  }

  #collect({ findings, parts }: ReadingTaskOutput): void {
    for (const [at, found] of findings) this.#findings[at] = found;
    for (const [matrix, crc] of parts) this.#filling.source.checksum?.parts.set(matrix, crc);
  }

  /** Hash what is whole, while others still read. */
  #hashReady(): void {
    const { hash, store, members } = this.#filling;
    for (; this.#hashed < members.length && this.#board.isDone(this.#hashed); this.#hashed++) {
      hash.add(store.triangle(this.#hashed));
    }
  }
}

/** The matrices of one stream come one after the other, and only in this thread. */
async function fillFromStream(filling: Filling, context: TaskContext): Promise<MatrixFindings[]> {
  const { source, members, frames, store, hash, helpers } = filling;
  const findings: MatrixFindings[] = [];
  if (helpers !== undefined)
    tell(context, 'the matrices are one deflated stream, which one thread reads from front to back');
  let filler: TriangleFiller | undefined;
  let current = -1;
  const finish = (): void => {
    if (filler === undefined) return;
    const found = filler.finish();
    refuseUnusable(source, current, found, pairsOf(frames.support.length));
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
      help: 'leave out what twotime inspect shows, with data.exclude_frames or data.exclude_phi, or accept it with data.allow_nan: true',
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
  const found = [
    ...(asymmetry > 0 ? [`c(i,j) and c(j,i) differ by up to ${Number(asymmetry.toPrecision(3))}`] : []),
    ...(oneSidedPairs > 0 ? [`${counted(oneSidedPairs, 'pair')} finite on one side only`] : []),
  ];
  const text =
    `not symmetric: ${asymmetric.length} of ${findings.length} matrices; ${found.join(', ')} in ${path}; ` +
    'the upper half is used';
  return [{ code: 'asymmetric-matrix', text }];
}
