/** The covariance of c2 errors pair by pair, written out from the cumulants of a thermal field: slow and plain. */

export interface DenseNoise {
  /** Of one speckle. */
  readonly speckle: Float64Array;
  /** Of photon noise times speckle, per photon and speckle. */
  readonly crossed: Float64Array;
  readonly pairs: readonly (readonly [number, number])[];
}

/** Matrices of shape (pairs, pairs) for the field correlation `field` of shape (N, N), and contrast β. */
export function denseNoise(field: Float64Array, frames: number, beta: number): DenseNoise {
  const k = (a: number, b: number): number => field[a * frames + b]!;
  const v = (a: number, b: number): number => beta * k(a, b) ** 2;
  const third = (a: number, b: number, c: number): number => 2 * beta ** 2 * k(a, b) * k(b, c) * k(c, a);
  const cycle = (a: number, b: number, c: number, d: number): number => k(a, b) * k(b, c) * k(c, d) * k(d, a);
  const fourth = (a: number, b: number, c: number, d: number): number =>
    2 * beta ** 3 * (cycle(a, b, c, d) + cycle(a, b, d, c) + cycle(a, c, b, d));
  const pairs: [number, number][] = [];
  for (let i = 0; i < frames; i++) for (let j = i + 1; j < frames; j++) pairs.push([i, j]);
  const speckle = new Float64Array(pairs.length ** 2);
  const crossed = new Float64Array(pairs.length ** 2);
  pairs.forEach(([i, j], p) =>
    pairs.forEach(([m, n], q) => {
      const first = v(i, j);
      const second = v(m, n);
      speckle[p * pairs.length + q] =
        fourth(i, j, m, n) +
        v(i, m) * v(j, n) +
        v(i, n) * v(j, m) -
        first * (third(i, m, n) + third(j, m, n)) -
        second * (third(m, i, j) + third(n, i, j)) +
        first * second * (v(i, m) + v(i, n) + v(j, m) + v(j, n));
      // Photon noise of a frame that both pairs share.
      let shared = 0;
      for (const [a, b] of [
        [i, j],
        [j, i],
      ] as const) {
        for (const [c, d] of [
          [m, n],
          [n, m],
        ] as const) {
          if (a === c) shared += v(b, d) + third(a, b, d) - first * second;
        }
      }
      crossed[p * pairs.length + q] = shared;
    }),
  );
  return { speckle, crossed, pairs };
}
