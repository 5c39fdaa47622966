/**
 * One block of 64 speckles: fields, intensities, sums of products, with the layout of `src/model/speckle-layout.ts` and
 * the bits of its plain twin `src/model/speckle-kernel.ts`.
 *
 * Both heavy loops, L·z and I·Iᵀ, are the same product of two panels of four with eight pairs of sums in registers; a
 * panel fits the first-level cache, and one of the two stays there.
 */
import { both, plus, times } from './lanes';
import { drawNormals } from './speckle-normals';

/** Speckles of a block, and bytes of a panel of intensities, of a tile and of a row of normals. */
const BLOCK: i32 = 64;
const PANEL_BYTES: usize = 2048;
const TILE_BYTES: usize = 128;
const ROW_BYTES: usize = 1024;

/** out[a][b] = Σ_k A[k][a]·B[k][b] over `depth` rows of two panels of four. */
// @ts-ignore: decorator
@inline
function multiplyPanels(a: usize, b: usize, depth: i32, out: usize): void {
  let s00 = f64x2.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = a + (<usize>depth << 5);
  for (; a < end; a += 32, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load64_splat(a);
    s00 = plus(s00, times(x, b0));
    s01 = plus(s01, times(x, b1));
    x = v128.load64_splat(a, 8);
    s10 = plus(s10, times(x, b0));
    s11 = plus(s11, times(x, b1));
    x = v128.load64_splat(a, 16);
    s20 = plus(s20, times(x, b0));
    s21 = plus(s21, times(x, b1));
    x = v128.load64_splat(a, 24);
    s30 = plus(s30, times(x, b0));
    s31 = plus(s31, times(x, b1));
  }
  v128.store(out, s00);
  v128.store(out, s01, 16);
  v128.store(out, s10, 32);
  v128.store(out, s11, 48);
  v128.store(out, s20, 64);
  v128.store(out, s21, 80);
  v128.store(out, s30, 96);
  v128.store(out, s31, 112);
}

// @ts-ignore: decorator
@inline
function addNumber(address: usize, value: f64): void {
  store<f64>(address, load<f64>(address) + value);
}

/** weight·(re² + im²) of two neighbouring speckles in one frame. */
// @ts-ignore: decorator
@inline
function addIntensities(address: usize, real: v128, imaginary: v128, weight: v128): void {
  const added = times(weight, plus(times(real, real), times(imaginary, imaginary)));
  addNumber(address, f64x2.extract_lane(added, 0));
  addNumber(address + 32, f64x2.extract_lane(added, 1));
}

/** A mode of fields f_k = keep_k·f_{k−1} + renew_k·z_k; `scratch` holds 2176 bytes. */
export function speckleMarkov(
  keyLow: i32,
  keyHigh: i32,
  frames: i32,
  keep: usize,
  renew: usize,
  weight: f64,
  intensities: usize,
  scratch: usize,
): void {
  const state = scratch + 128;
  const row = state + ROW_BYTES;
  memory.fill(state, 0, ROW_BYTES);
  const weights = both(weight);
  for (let k = 0; k < frames; k++) {
    drawNormals(keyLow, keyHigh, k * (BLOCK >> 1), BLOCK >> 1, row, 32, scratch);
    const kept = v128.load64_splat(keep + (<usize>k << 3));
    const renewed = v128.load64_splat(renew + (<usize>k << 3));
    const panel = intensities + (<usize>k >> 2) * PANEL_BYTES + ((<usize>k & 3) << 3);
    for (let n: usize = 0; n < ROW_BYTES; n += 32) {
      const real = plus(times(kept, v128.load(state + n)), times(renewed, v128.load(row + n)));
      const imaginary = plus(times(kept, v128.load(state + n, 16)), times(renewed, v128.load(row + n, 16)));
      v128.store(state + n, real);
      v128.store(state + n, imaginary, 16);
      addIntensities(panel + (n << 1), real, imaginary, weights);
    }
  }
}

/** A mode of fields L·z; `normals` holds 1024 bytes for every row of the panels of L, `scratch` 128. */
export function speckleFactored(
  keyLow: i32,
  keyHigh: i32,
  frames: i32,
  factor: usize,
  weight: f64,
  intensities: usize,
  normals: usize,
  scratch: usize,
): void {
  const panels = (frames + 3) >> 2;
  const column = <usize>panels * TILE_BYTES;
  for (let k = 0; k < frames; k++) {
    drawNormals(keyLow, keyHigh, k * (BLOCK >> 1), BLOCK >> 1, normals + (<usize>k << 5), column, scratch);
  }
  const weights = both(weight);
  for (let p = 0; p < panels; p++) {
    let at = intensities + <usize>p * PANEL_BYTES;
    for (let c = 0; c < BLOCK >> 1; c++, at += 64) {
      multiplyPanels(factor, normals + <usize>c * column, (p + 1) << 2, scratch);
      for (let a: usize = 0; a < 4; a++) {
        addIntensities(at + (a << 3), v128.load(scratch + (a << 5)), v128.load(scratch + (a << 5), 16), weights);
      }
    }
    factor += <usize>(p + 1) * TILE_BYTES;
  }
}

/** Add the products of the intensities of `speckles` speckles to the tiles of all pairs of `panels` panels; `scratch` 128 bytes. */
export function speckleProducts(intensities: usize, panels: i32, speckles: i32, sums: usize, scratch: usize): void {
  for (let p = 0; p < panels; p++) {
    const row = intensities + <usize>p * PANEL_BYTES;
    for (let r = p; r < panels; r++, sums += TILE_BYTES) {
      multiplyPanels(row, intensities + <usize>r * PANEL_BYTES, speckles, scratch);
      for (let n: usize = 0; n < TILE_BYTES; n += 16) {
        v128.store(sums + n, plus(v128.load(sums + n), v128.load(scratch + n)));
      }
    }
  }
}
