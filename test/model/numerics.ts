/** Numerical integration and differentiation for checking closed forms. */

const NODES = [-0.9602898564975363, -0.7966664774136267, -0.525532409916329, -0.18343464249564978];
const WEIGHTS = [0.10122853629037626, 0.22238103445337448, 0.31370664587788727, 0.362683783378362];

/** ∫_a^b f by 8-point Gauss–Legendre rules on 64 equal pieces. */
export function integrate(f: (t: number) => number, a: number, b: number): number {
  let sum = 0;
  const half = (b - a) / 128;
  for (let piece = 0; piece < 64; piece++) {
    const middle = a + (2 * piece + 1) * half;
    NODES.forEach((node, k) => {
      sum += WEIGHTS[k]! * half * (f(middle + node * half) + f(middle - node * half));
    });
  }
  return sum;
}

/** Derivative of a vector function of one number by central differences of sixth order. */
export function differentiate(f: (x: number) => Float64Array, x: number): Float64Array {
  const step = 2e-3 * Math.max(Math.abs(x), 1);
  const difference = (k: number): Float64Array => {
    const below = f(x - k * step);
    return f(x + k * step).map((value, index) => value - below[index]!);
  };
  const [one, two, three] = [difference(1), difference(2), difference(3)];
  return one.map((value, k) => (45 * value - 9 * two[k]! + three[k]!) / (60 * step));
}

/** Largest |a − b| of two vectors over the largest |b|. */
export function relativeDistance(a: Float64Array, b: Float64Array): number {
  const size = Math.max(...b.map(Math.abs), 1e-300);
  return Math.max(...a.map((value, k) => Math.abs(value - b[k]!))) / size;
}
