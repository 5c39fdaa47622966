/**
 * How fields, intensities and sums of products lie in memory: in panels of four frames, the tile of the fast loops.
 *
 * | array | layout |
 * |---|---|
 * | intensities | panel p, speckle m, frame a of the panel: frame 4p + a at p·4B + 4m + a |
 * | factor L | panel p, column k ≤ 4p + 3, row a of the panel: L[4p + a][k] at 8p(p + 1) + 4k + a |
 * | normals z | column panel c of speckles 2c, 2c + 1; row k; re, re, im, im |
 * | sums | tile (p, r), p ≤ r, one after the other row by row; frame a of p, frame b of r at 4a + b |
 *
 * Behind the N frames stands one whose intensity is 1, so that the sums hold Σ I_i too, as the products with it.
 */

/** Frames in a panel. */
export const PANEL = 4;
/** B, speckles in a block: the unit that has random numbers of its own. */
export const SPECKLE_BLOCK = 64;

/** Panels of intensities: N frames and the one behind them. */
export function intensityPanels(frames: number): number {
  return Math.ceil((frames + 1) / PANEL);
}

export function intensitiesLength(frames: number): number {
  return intensityPanels(frames) * SPECKLE_BLOCK * PANEL;
}

/** Number of float64 sums of products. */
export function sumsLength(frames: number): number {
  const panels = intensityPanels(frames);
  return ((panels * (panels + 1)) / 2) * PANEL * PANEL;
}

/** Where Σ I_i·I_j of frames i ≤ j ≤ N lies. */
export function sumIndex(frames: number, i: number, j: number): number {
  const panels = intensityPanels(frames);
  const p = Math.floor(i / PANEL);
  const r = Math.floor(j / PANEL);
  const tile = p * panels - (p * (p - 1)) / 2 + (r - p);
  return tile * PANEL * PANEL + (i % PANEL) * PANEL + (j % PANEL);
}

/** Panels of N frames. */
export function framePanels(frames: number): number {
  return Math.ceil(frames / PANEL);
}

export function factorLength(frames: number): number {
  return panelOfFactor(framePanels(frames));
}

/** Where panel p of L begins. */
export function panelOfFactor(p: number): number {
  return 2 * PANEL * p * (p + 1);
}
