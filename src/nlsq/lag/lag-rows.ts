/** Passes over the rows of one angle, pair by pair, with a weight by lag; excluded pairs (NaN) are left out. */
import { breathe, type TaskContext } from '../../base/task-context.ts';
import { rowStart } from '../../kernels/triangles.ts';
import type { Physics } from '../../model/two-time-model.ts';
import type { AngleWork } from '../angle-work.ts';
import type { GramQuestion } from '../gram-sweeps.ts';
import { pairRows, type PairRow } from '../errors/pair-row.ts';

/** Milliseconds after which others get a turn. */
const TURN = 20;

/** One row: the pairs (i, j) with j > i of an angle. */
export interface DataRow {
  readonly i: number;
  /** c2 by j, NaN where excluded; c2[start + j] is the pair (i, j). */
  readonly values: Float32Array;
  readonly start: number;
  readonly model: PairRow;
}

/** Look at every row of an angle in order. Throws `Cancelled` when stopped. */
export async function eachRow(
  physics: Physics,
  values: Float32Array,
  angle: number,
  look: (row: DataRow) => void,
  context: TaskContext,
): Promise<void> {
  const frames = physics.c.length;
  const rowOf = pairRows(physics, angle);
  let turn = -Infinity;
  for (let i = 0; i + 1 < frames; i++) {
    if (performance.now() > turn) {
      await breathe(context);
      turn = performance.now() + TURN;
    }
    look({ i, values, start: rowStart(frames, i) - i - 1, model: rowOf(i) });
  }
}

/** What weighted sums of one angle are about. */
export interface LagGramQuestion extends GramQuestion {
  readonly places: Int32Array;
  /** Weight of a pair by lag. */
  readonly weight: Float64Array;
}

/** Σ w·A·B of the columns ∂M/∂parameter (c, g, h), 1, M and r = c2 − offset − contrast·M, shape (K + 3, K + 3). */
export async function lagGramOfAngle(question: LagGramQuestion, context: TaskContext): Promise<Float64Array> {
  const { physics, values: data, angle, sensitivities, contrast, offset, places, weight } = question;
  const { c, g, h } = sensitivities;
  const frames = physics.c.length;
  const count = c.length + g.length + h.length;
  const size = count + 3;
  const columns = Array.from({ length: size }, () => new Float64Array(frames));
  const [ones, shape, residual] = columns.slice(count) as [Float64Array, Float64Array, Float64Array];
  ones.fill(1);
  const slopesH = h.map(({ vector }) => vector[angle]!);
  const weighted = new Float64Array(frames);
  const weights = new Float64Array(frames);
  const gram = new Float64Array(size * size);
  const look = ({ i, values, start, model }: DataRow): void => {
    for (let j = i + 1; j < frames; j++) {
      const value = values[start + j]!;
      const present = value === value;
      const m = model.m[j]!;
      weights[j] = present ? weight[places[j]! - places[i]!]! : 0;
      shape[j] = m;
      residual[j] = present ? value - offset - contrast * m : 0;
    }
    let k = 0;
    for (const { vector } of c) fillDifference(columns[k++]!, model.c, vector, i);
    for (const { vector } of g) fillDifference(columns[k++]!, model.g, vector, i);
    for (const slope of slopesH) {
      const column = columns[k++]!;
      for (let j = i + 1; j < frames; j++) column[j] = model.h[j]! * slope;
    }
    for (k = 0; k < size; k++) {
      const column = columns[k]!;
      for (let j = i + 1; j < frames; j++) weighted[j] = weights[j]! * column[j]!;
      for (let l = 0; l <= k; l++) gram[k * size + l] = gram[k * size + l]! + product(weighted, columns[l]!, i + 1);
    }
  };
  await eachRow(physics, data, angle, look, context);
  for (let k = 0; k < size; k++) for (let l = 0; l < k; l++) gram[l * size + k] = gram[k * size + l]!;
  return gram;
}

function fillDifference(column: Float64Array, slopes: Float64Array, vector: Float64Array, i: number): void {
  const own = vector[i]!;
  for (let j = i + 1; j < column.length; j++) column[j] = slopes[j]! * (vector[j]! - own);
}

function product(a: Float64Array, b: Float64Array, first: number): number {
  let even = 0;
  let odd = 0;
  let j = first;
  for (; j + 1 < a.length; j += 2) {
    even += a[j]! * b[j]!;
    odd += a[j + 1]! * b[j + 1]!;
  }
  return j < a.length ? even + odd + a[j]! * b[j]! : even + odd;
}

export const lagGramWork: AngleWork<LagGramQuestion, Float64Array> = {
  task: { name: 'fit.lag-gram', version: 1, module: import.meta.url, export: 'lagGramOfAngle' },
  run: lagGramOfAngle,
  fewestPoints: 1_000_000,
};
