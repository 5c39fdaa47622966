/** Which draws and which lags of a cut are looked at: enough for a picture, few enough for any number of angles. */
import { pow } from '../../math/index.ts';

/** Values of the model in all cuts together, about: a quarter of a second, and some megabytes in files. */
const MOST_VALUES = 800_000;
const MOST_DRAWS = 200;
const LEAST_DRAWS = 50;
const MOST_LAGS = 400;
const LEAST_LAGS = 24;

/** How many draws are looked at: up to 200, fewer for very many cuts. */
function drawsFor(cuts: number): number {
  return Math.min(MOST_DRAWS, Math.max(LEAST_DRAWS, Math.floor(MOST_VALUES / (cuts * LEAST_LAGS))));
}

/** Draws taken of each chain that has made `draws`. */
export function drawsPerChain(chains: number, draws: number, cuts: number): number {
  return Math.max(1, Math.min(draws, Math.floor(drawsFor(cuts) / chains)));
}

/** Lags in a cut: between 24 and 400. */
export function mostLags(cuts: number): number {
  return Math.min(MOST_LAGS, Math.max(LEAST_LAGS, Math.floor(MOST_VALUES / (cuts * drawsFor(cuts)))));
}

/** `wanted` of the numbers 0 … count − 1, spread evenly and ascending. */
export function spreadEvenly(count: number, wanted: number): Int32Array {
  return Int32Array.from({ length: wanted }, (_, k) => Math.floor(((k + 0.5) * count) / wanted));
}

/** At most `most` ≥ 2 of the lags 1 … count, with both ends: all short ones, then evenly in their logarithm. */
export function pickLags(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, k) => k + 1);
  const lags = [1];
  for (let left = most - 1; left > 0; left--) {
    const last = lags.at(-1)!;
    lags.push(Math.max(last + 1, Math.round(last * pow(count / last, 1 / left))));
  }
  return lags;
}
