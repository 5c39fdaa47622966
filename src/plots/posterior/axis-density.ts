/**
 * Smooth densities of draws along an axis and on a pair of axes, all in pixels: on a logarithmic axis it is the density of the
 * logarithm that is shown.
 */
import { exp, pow, quantile } from '../../math/index.ts';

/** Bins that draws are put into before they are smoothed. */
const BINS = 128;
/** Gaussians are cut off at so many bandwidths. */
const REACH = 4;

/**
 * Density at the middle of each of `points` equal pieces of [from, to], integrating to 1 over pixels. Gaussian kernel with
 * Silverman's bandwidth; at `walls`, beyond which there can be no draw, what leaks out is reflected.
 */
export function densityAlong(
  pixels: ArrayLike<number>,
  [from, to]: readonly [number, number],
  points: number,
  walls: readonly number[] = [],
): { readonly at: Float64Array; readonly density: Float64Array } {
  const width = to - from;
  const counts = new Float64Array(BINS);
  let total = 0;
  for (let k = 0; k < pixels.length; k++) {
    const bin = Math.floor(((pixels[k]! - from) / width) * BINS);
    if (!(bin >= 0 && bin <= BINS)) continue;
    const inside = Math.min(bin, BINS - 1);
    counts[inside] = counts[inside]! + 1;
    total += 1;
  }
  const step = Math.abs(width) / BINS;
  const bandwidth = Math.max(step, silverman(pixels));
  const kernel = (distance: number): number => {
    const z = distance / bandwidth;
    return Math.abs(z) > REACH ? 0 : exp(-0.5 * z * z);
  };
  const norm = total * bandwidth * Math.sqrt(2 * Math.PI);
  const at = Float64Array.from({ length: points }, (_, n) => from + ((n + 0.5) / points) * width);
  const middles = counts.map((_, bin) => from + ((bin + 0.5) / BINS) * width);
  const mirrored = walls.map((wall) => middles.map((middle) => 2 * wall - middle));
  const density = at.map((place) => {
    if (walls.some((wall) => isBeyond(wall, place, pixels))) return 0;
    let sum = 0;
    for (const centres of [middles, ...mirrored]) {
      for (let bin = 0; bin < BINS; bin++) if (counts[bin]! > 0) sum += counts[bin]! * kernel(place - centres[bin]!);
    }
    return total === 0 ? 0 : sum / norm;
  });
  return { at, density };
}

/** Whether the draws lie on the other side of the wall. */
function isBeyond(wall: number, place: number, pixels: ArrayLike<number>): boolean {
  const side = (pixels[0] ?? wall) - wall;
  return side * (place - wall) < 0;
}

/** 0.9·min(sd, IQR/1.34)·n^(−1/5) (Silverman 1986). */
function silverman(values: ArrayLike<number>): number {
  const { sd } = momentsOf(values);
  const spread = (quantile(values, 0.75) - quantile(values, 0.25)) / 1.34;
  return 0.9 * (spread > 0 ? Math.min(sd, spread) : sd) * pow(values.length, -0.2);
}

function momentsOf(values: ArrayLike<number>): { readonly mean: number; readonly sd: number } {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += (values[k]! - mean) * (values[k]! - mean);
  return { mean, sd: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** A smooth density on a square grid of whitened coordinates, and the way back to pixels. */
export interface PlaneDensity {
  /** Nodes along a side. */
  readonly nodes: number;
  /** Shape (nodes, nodes) row-major, the second coordinate slowest; the sum is 1. */
  readonly density: Float64Array;
  /** Pixels of a place in the grid, counted in nodes. */
  readonly pixel: (i: number, j: number) => [x: number, y: number];
}

const NODES = 52;
/** Whitened draws farther out than this are put at the edge. */
const FARTHEST = 7;

/**
 * The density of pairs of pixels, smoothed by a Gaussian of their own covariance times (0.8·n^(−1/6))²: narrow ridges stay
 * narrow. Null where the draws do not spread in both directions.
 */
export function densityOfPairs(x: ArrayLike<number>, y: ArrayLike<number>): PlaneDensity | null {
  const [first, second] = [momentsOf(x), momentsOf(y)];
  let cross = 0;
  for (let k = 0; k < x.length; k++) cross += (x[k]! - first.mean) * (y[k]! - second.mean);
  const slope = cross / (x.length - 1) / first.sd ** 2;
  const rest = Math.sqrt(Math.max(0, second.sd ** 2 - (slope * first.sd) ** 2));
  if (!(first.sd > 0 && rest > 1e-9 * second.sd)) return null;
  const u = Float64Array.from(x, (value) => (value - first.mean) / first.sd);
  const v = Float64Array.from(y, (value, k) => (value - second.mean - slope * (x[k]! - first.mean)) / rest);
  const bandwidth = 0.8 * pow(x.length, -1 / 6);
  let far = 0;
  for (let k = 0; k < u.length; k++) far = Math.max(far, Math.abs(u[k]!), Math.abs(v[k]!));
  const half = Math.min(far, FARTHEST) + REACH * bandwidth;
  const step = (2 * half) / (NODES - 1);
  const place = (value: number): number => Math.round((Math.min(FARTHEST, Math.max(-FARTHEST, value)) + half) / step);
  const counts = new Float64Array(NODES * NODES);
  for (let k = 0; k < u.length; k++) {
    const cell = place(v[k]!) * NODES + place(u[k]!);
    counts[cell] = counts[cell]! + 1 / u.length;
  }
  const density = blurred(blurred(counts, bandwidth / step), bandwidth / step);
  const pixel = (i: number, j: number): [number, number] => {
    const [a, b] = [i * step - half, j * step - half];
    return [first.mean + a * first.sd, second.mean + b * rest + slope * a * first.sd];
  };
  return { nodes: NODES, density, pixel };
}

/** Smoothed along rows, and turned: twice gives both directions. */
function blurred(values: Float64Array, bandwidth: number): Float64Array {
  const reach = Math.ceil(REACH * bandwidth);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => exp(-0.5 * ((k - reach) / bandwidth) ** 2));
  const sum = kernel.reduce((total, one) => total + one, 0);
  const turned = new Float64Array(values.length);
  for (let j = 0; j < NODES; j++) {
    for (let i = 0; i < NODES; i++) {
      const value = values[j * NODES + i]!;
      if (value === 0) continue;
      for (let k = Math.max(0, i - reach); k <= Math.min(NODES - 1, i + reach); k++) {
        turned[k * NODES + j] = turned[k * NODES + j]! + (value * kernel[k - i + reach]!) / sum;
      }
    }
  }
  return turned;
}

/** The density above which lies a share of all. */
export function levelHolding(density: Float64Array, share: number): number {
  const sorted = Float64Array.from(density).sort().reverse();
  const all = sorted.reduce((sum, value) => sum + value, 0);
  let held = 0;
  for (const value of sorted) {
    held += value;
    if (held >= share * all) return value;
  }
  return 0;
}
