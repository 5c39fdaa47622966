/** The plain-TypeScript twin of every kernel: one pair after the other, nothing shared, nothing clever. */
import type { PairDerivatives } from '../model/pair-function.ts';
import { pairDerivatives, pairValue } from '../model/pair-function.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { SweepJob, TileEngine } from './executor.ts';
import { parametersOf } from './executor.ts';
import { ANGLE_SUMS, resultLayout } from './result-layout.ts';
import { partition, type Tile } from './tiles.ts';
import type { TriangleStack } from './triangles.ts';
import { pairsOf, readRows, rowStart } from './triangles.ts';
import { wholeWindow, type WindowSource } from './windows.ts';

export class ReferenceEngine implements TileEngine {
  readonly data: TriangleStack;
  readonly tiles: readonly Tile[];
  readonly jobsAtOnce = 64;
  readonly windows: WindowSource;
  #jobs: readonly SweepJob[] = [];

  constructor(data: TriangleStack) {
    this.data = data;
    this.tiles = partition(data.frames, data.angles);
    // It reads rows wherever they lie, so all tiles are always at hand.
    this.windows = wholeWindow(this.tiles.length, 0);
  }

  place(jobs: readonly SweepJob[]): void {
    this.#jobs = jobs;
  }

  runTile(position: number, tile: Tile): Float64Array {
    const job = this.#jobs[position]!;
    const { frames, angles } = this.data;
    const { physics, scaling } = job;
    const count = parametersOf(job.sensitivities);
    const layout = resultLayout(job.kind, frames, angles, count);
    const result = new Float64Array(layout.length);
    const row = new Float64Array(count);
    for (let a = tile.angleStart; a < tile.angleEnd; a++) {
      const contrast = scaling.contrast[a]!;
      const offset = scaling.offset[a]!;
      const weight = scaling.weight[a]!;
      const sums = layout.sums + a * ANGLE_SUMS;
      const first = a * pairsOf(frames) + rowStart(frames, tile.rowStart);
      const values = readRows(this.data, a, tile.rowStart, tile.rowEnd);
      forEachPair(this.data, a, tile.rowStart, tile.rowEnd, (i, j, index) => {
        const y = values[index - first]!;
        if (Number.isNaN(y)) return;
        const point = derivativesAt(physics, a, i, j);
        const r = y - offset - contrast * point.m;
        add(result, sums, point.m);
        add(result, sums + 1, point.m * point.m);
        add(result, sums + 2, r);
        add(result, sums + 3, r * point.m);
        add(result, sums + 4, r * r);
        if (job.kind === 'adjoint') {
          const pull = -weight * contrast * r;
          add(result, layout.c + j, pull * point.c);
          add(result, layout.c + i, -pull * point.c);
          add(result, layout.g + j, pull * point.g);
          add(result, layout.g + i, -pull * point.g);
          add(result, layout.h + a, pull * point.h);
        }
        if (job.sensitivities !== null) {
          jacobianRow(job.sensitivities, point, a, i, j, row);
          const scale = weight * contrast * contrast;
          for (let k = 0; k < count; k++) {
            add(result, layout.d + a * count + k, row[k]!);
            add(result, layout.md + a * count + k, point.m * row[k]!);
            add(result, layout.rd + a * count + k, r * row[k]!);
            if (job.kind !== 'normal') continue;
            for (let l = 0; l < count; l++) add(result, layout.hessian + k * count + l, scale * row[k]! * row[l]!);
          }
        }
      });
    }
    return result;
  }

  shape(physics: Physics, angle: number): Float64Array {
    const { frames } = this.data;
    const base = angle * pairsOf(frames);
    const shape = new Float64Array(pairsOf(frames));
    forEachPair(this.data, angle, 0, frames, (i, j, index) => {
      shape[index - base] = valueAt(physics, angle, i, j);
    });
    return shape;
  }
}

function forEachPair(
  data: TriangleStack,
  angle: number,
  first: number,
  end: number,
  visit: (i: number, j: number, index: number) => void,
): void {
  const { frames } = data;
  for (let i = first; i < Math.min(end, frames - 1); i++) {
    const start = angle * pairsOf(frames) + rowStart(frames, i);
    for (let j = i + 1; j < frames; j++) visit(i, j, start + j - i - 1);
  }
}

function valueAt(physics: Physics, angle: number, i: number, j: number): number {
  const { pairFunction, kappa, c, g, h } = physics;
  const deltaC = c[j]! - c[i]!;
  return g === null
    ? pairValue(pairFunction, kappa, deltaC, 0, 0)
    : pairValue(pairFunction, kappa, deltaC, g[j]! - g[i]!, h[angle]!);
}

function derivativesAt(physics: Physics, angle: number, i: number, j: number): PairDerivatives {
  const { pairFunction, kappa, c, g, h } = physics;
  const deltaC = c[j]! - c[i]!;
  return g === null
    ? pairDerivatives(pairFunction, kappa, deltaC, 0, 0)
    : pairDerivatives(pairFunction, kappa, deltaC, g[j]! - g[i]!, h[angle]!);
}

/** ∂M/∂θ_k of one pair for the sensitivities in the order c, g, h. */
function jacobianRow(
  sensitivities: Sensitivities,
  point: PairDerivatives,
  angle: number,
  i: number,
  j: number,
  row: Float64Array,
): void {
  let k = 0;
  for (const { vector } of sensitivities.c) row[k++] = point.c * (vector[j]! - vector[i]!);
  for (const { vector } of sensitivities.g) row[k++] = point.g * (vector[j]! - vector[i]!);
  for (const { vector } of sensitivities.h) row[k++] = point.h * vector[angle]!;
}

function add(target: Float64Array, index: number, value: number): void {
  target[index] = target[index]! + value;
}
