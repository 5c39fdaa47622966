/** M and its derivatives for all pairs of one row (i, j > i) of one angle: quick, because neighbouring rows share tables. */
import { exp, sinCos } from '../../math/index.ts';
import { pairDerivatives } from '../../model/pair-function.ts';
import type { Physics } from '../../model/two-time-model.ts';

/** Entry j belongs to the pair (i, j); entries up to i are left over from other rows. Each of shape (N). */
export interface PairRow {
  readonly m: Float64Array;
  /** ∂M/∂ΔC, ∂M/∂ΔG, ∂M/∂h. */
  readonly c: Float64Array;
  readonly g: Float64Array;
  readonly h: Float64Array;
}

/** An anchor serves rows up to this decay away. */
const ANCHOR_REACH = 100;
/** Below this |x| sin and cos by angle addition lose digits, and series take their place. */
const SERIES_LIMIT = 0.1;

/** Fills the row i asked for; rows ascend. The arrays are overwritten by the next row. */
export function pairRows(physics: Physics, angle: number): (i: number) => PairRow {
  return physics.pairFunction === 'published' ? publishedRows(physics, angle) : plainRows(physics, angle);
}

function emptyRow(frames: number): PairRow {
  const column = (): Float64Array => new Float64Array(frames);
  return { m: column(), c: column(), g: column(), h: column() };
}

function plainRows({ pairFunction, kappa, c, g, h }: Physics, angle: number): (i: number) => PairRow {
  const row = emptyRow(c.length);
  return (i) => {
    for (let j = i + 1; j < c.length; j++) {
      const deltaG = g === null ? 0 : g[j]! - g[i]!;
      const pair = pairDerivatives(pairFunction, kappa, Math.max(0, c[j]! - c[i]!), deltaG, h[angle]!);
      row.m[j] = pair.m;
      row.c[j] = pair.c;
      row.g[j] = pair.g;
      row.h[j] = pair.h;
    }
    return row;
  };
}

function publishedRows({ kappa, c, g, h }: Physics, angle: number): (i: number) => PairRow {
  const frames = c.length;
  const row = emptyRow(frames);
  const decay = new Float64Array(frames);
  const sines = new Float64Array(frames);
  const cosines = new Float64Array(frames);
  const factor = h[angle]!;
  if (g !== null) {
    const both = new Float64Array(2);
    for (let k = 0; k < frames; k++) {
      sinCos(factor * (g[k]! - g[0]!), both);
      sines[k] = both[0]!;
      cosines[k] = both[1]!;
    }
  }
  let anchor = -1;
  return (i) => {
    if (anchor < 0 || kappa * (c[i]! - c[anchor]!) > ANCHOR_REACH) {
      anchor = i;
      for (let k = i; k < frames; k++) decay[k] = exp(-kappa * Math.max(0, c[k]! - c[i]!));
    }
    const inverse = 1 / decay[i]!;
    const { m, c: byC, g: byG, h: byH } = row;
    if (g === null || factor === 0) {
      for (let j = i + 1; j < frames; j++) {
        const e = Math.min(1, decay[j]! * inverse);
        m[j] = e;
        byC[j] = -kappa * e;
      }
      return row;
    }
    const [si, ci, gi] = [sines[i]!, cosines[i]!, g[i]!];
    for (let j = i + 1; j < frames; j++) {
      const e = Math.min(1, decay[j]! * inverse);
      const deltaG = g[j]! - gi;
      const x = factor * deltaG;
      let s;
      let slope;
      if (x > -SERIES_LIMIT && x < SERIES_LIMIT) {
        const z = x * x;
        s = 1 - (z / 6) * (1 - (z / 20) * (1 - (z / 42) * (1 - z / 72)));
        slope = (-x / 3) * (1 - (z / 10) * (1 - (z / 28) * (1 - z / 54)));
      } else {
        s = (sines[j]! * ci - cosines[j]! * si) / x;
        slope = (cosines[j]! * ci + sines[j]! * si - s) / x;
      }
      const es = e * s;
      const dx = 2 * es * slope;
      m[j] = es * s;
      byC[j] = -kappa * es * s;
      byG[j] = dx * factor;
      byH[j] = dx * deltaG;
    }
    return row;
  };
}
