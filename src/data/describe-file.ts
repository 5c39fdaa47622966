/** Everything a data file holds, for `inspect`: every matrix with its bin and its health, and what the file leaves open. */
import { resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { TaskContext } from '../base/task-context.ts';
import { pairsOf } from '../kernels/triangles.ts';
import { FileState } from './file-state.ts';
import { matrixProblem } from './matrix-problem.ts';
import type { MatrixSource } from './matrix-source.ts';
import { frameMeans, outlyingFrames } from './outlying-frames.ts';
import { checkPlausible } from './plausibility.ts';
import { openSource } from './readers/detect.ts';
import { groupRings } from './rings.ts';
import { TriangleFiller } from './triangle-filler.ts';
import type { Fill } from './triangle-filler.ts';

export interface MatrixDescription {
  readonly path: string;
  readonly bin: number | null;
  /** 1/Å; null where the file does not say. */
  readonly q: number | null;
  /** Degrees; null where the file does not say. */
  readonly phi: number | null;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly storage: string;
  /** Null if the matrix cannot be read. */
  readonly values: {
    readonly fill: Fill;
    /** Pairs off the diagonal, and how many of them are not finite. */
    readonly pairs: number;
    readonly nonFinite: number;
    /** Of the finite values; null where there are none. */
    readonly minimum: number | null;
    readonly maximum: number | null;
    /** Largest |c(i,j) − c(j,i)| of a full matrix. */
    readonly asymmetry: number;
    /** Frames (from 1) whose mean correlation stands out of their neighbours'. */
    readonly outlyingFrames: readonly number[];
  } | null;
  /** Why a fit would refuse this matrix, or null. */
  readonly problem: string | null;
}

export interface FileDescription {
  readonly file: string;
  readonly layout: string;
  /** Frames of every matrix; null if they differ or cannot be told. */
  readonly frames: number | null;
  /** s; null when the file does not say. */
  readonly dt: number | null;
  /** Where dt comes from. */
  readonly dtOrigin: string | null;
  /** Rings in ascending q: 1/Å (null when the file does not say), angles in degrees as far as the file names them. */
  readonly rings: readonly { readonly q: number | null; readonly phi: readonly number[] }[];
  /** In the order of the file. */
  readonly matrices: readonly MatrixDescription[];
  /** Frames (from 1) whose total intensity stands out; null if the file has no intensities. */
  readonly outlyingIntensities: readonly number[] | null;
  /** What a fit needs and the file does not say, each as a sentence. */
  readonly unsaid: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Read a whole file and describe it. Refuses only what cannot be opened as two-time data; `Cancelled` when stopped. */
export async function describeFile(file: string, context: TaskContext = {}): Promise<FileDescription> {
  const path = resolve(file);
  const state = await FileState.of(path, file);
  try {
    const source = await openSource(path, file);
    try {
      const description = await describeSource(source, context);
      state.assertUnchanged();
      return description;
    } finally {
      source.close();
    }
  } catch (error) {
    throw state.explain(error);
  }
}

async function describeSource(source: MatrixSource, context: TaskContext): Promise<FileDescription> {
  const matrices = await describeMatrices(source, context);
  const sizes = new Set(matrices.map((matrix) => matrix.shape[0]));
  const square = matrices.every(({ shape }) => shape.length === 2 && shape[0] === shape[1]);
  const rings = groupRings(source.matrices);
  const intensity = source.intensity();
  const plausible = [
    ...rings.map((ring) => (ring.q === null ? null : checkPlausible('q', ring.q))),
    source.dt === null ? null : checkPlausible('dt', source.dt.value),
  ];
  return {
    file: source.file,
    layout: source.layout,
    frames: square && sizes.size === 1 ? (matrices[0]?.shape[0] ?? null) : null,
    dt: source.dt?.value ?? null,
    dtOrigin: source.dt?.origin ?? null,
    rings: rings.map(({ q, members }) => ({
      q,
      phi: members.flatMap((k) => source.matrices[k]!.phi ?? []),
    })),
    matrices,
    outlyingIntensities: intensity === null ? null : outlyingFrames(intensity).map((k) => k + 1),
    unsaid: unsaid(source),
    warnings: [...source.warnings, ...plausible.filter((warning) => warning !== null)],
  };
}

function unsaid(source: MatrixSource): string[] {
  const sentences = ['the gap between rotor and stator, which laminar flow needs: set data.gap'];
  if (source.dt === null) sentences.push('the time between frames: set data.dt');
  if (source.matrices.some(({ q }) => q === null)) sentences.push('the wavevector: set data.q');
  if (source.matrices.some(({ phi }) => phi === null)) sentences.push('the angles: list them in data.phi');
  return sentences;
}

async function describeMatrices(source: MatrixSource, context: TaskContext): Promise<MatrixDescription[]> {
  const health = source.matrices.map((_, k): Pick<MatrixDescription, 'values' | 'problem'> & { frames: number } => {
    try {
      return { values: null, problem: null, frames: source.frames(k) };
    } catch (error) {
      return { values: null, problem: problemText(error), frames: 0 };
    }
  });
  const readable = health.flatMap(({ problem }, k) => (problem === null ? [k] : []));
  let done = 0;
  for (const group of source.independent ? readable.map((k) => [k]) : [readable]) {
    const frames = health[group[0] ?? 0]?.frames ?? 0;
    const triangle = new Float32Array(pairsOf(frames));
    const all = Int32Array.from({ length: frames }, (_, k) => k);
    let filler = new TriangleFiller(all, frames, triangle);
    try {
      await source.read(
        group,
        0,
        frames,
        (matrix, row, cells, offset) => {
          filler.row(row, cells, offset);
          if (row < frames - 1) return;
          health[matrix] = { ...judge(filler, triangle, frames), frames };
          filler = new TriangleFiller(all, frames, triangle);
          context.progress?.({ kind: 'progress', stage: 'read', done: ++done, total: source.matrices.length });
          throwIfCancelled(context);
        },
        context,
      );
    } catch (error) {
      if (!source.independent) throw error;
      for (const k of group) health[k] = { values: null, problem: problemText(error), frames };
    }
  }
  const { checksum } = source;
  if (checksum !== null) {
    for (const k of source.matrices.keys()) if (!checksum.parts.has(k)) await checksum.note(k, context);
    checksum.check();
  }
  return source.matrices.map((entry, k) => {
    const { values, problem } = health[k]!;
    const { shape, dtype, storage } = source.describe(k);
    return { ...entry, shape, dtype, storage, values, problem };
  });
}

function judge(
  filler: TriangleFiller,
  triangle: Float32Array,
  frames: number,
): Pick<MatrixDescription, 'values' | 'problem'> {
  const found = filler.finish();
  const { fill, asymmetry } = found;
  const { nonFinite, minimum, maximum } = found.taken;
  const pairs = pairsOf(frames);
  const problem = matrixProblem(found, pairs);
  const outlying = problem === null ? outlyingFrames(frameMeans(triangle, frames)).map((k) => k + 1) : [];
  const [lowest, highest] = nonFinite < pairs ? [minimum, maximum] : [null, null];
  const values = { fill, pairs, nonFinite, minimum: lowest, maximum: highest, asymmetry, outlyingFrames: outlying };
  return { values, problem };
}

/** The message of a refusal; anything else (cancelled, a defect) is thrown on. */
function problemText(error: unknown): string {
  if (!(error instanceof InputRefused)) throw error;
  return error.message;
}
