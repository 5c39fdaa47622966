/** A smooth curve through the points of a profile: its signed root is nearly straight, so little is guessed between them. */

/** Value and Λ at about `count` places, by monotone cubic interpolation of ±√Λ (Fritsch & Carlson 1980). */
export function smoothRoot(
  values: Float64Array,
  ratio: Float64Array,
  estimate: number,
  count: number,
): [value: number, ratio: number][] {
  const x = [...values];
  const root = Array.from(ratio, (height, k) => Math.sqrt(height) * (x[k]! < estimate ? -1 : 1));
  if (x.length < 2) return x.map((value, k) => [value, ratio[k]!]);
  const slopes = x.slice(1).map((value, k) => (root[k + 1]! - root[k]!) / (value - x[k]!));
  const tangents = x.map((_, k) => {
    const [before, after] = [slopes[k - 1], slopes[k]];
    if (before === undefined) return after!;
    if (after === undefined) return before;
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
  const each = Math.max(2, Math.ceil(count / (x.length - 1)));
  const curve = slopes.flatMap((_, k) =>
    Array.from({ length: each }, (__, step): [number, number] => {
      const t = step / each;
      const width = x[k + 1]! - x[k]!;
      const [a, b] = [root[k]!, root[k + 1]!];
      const [p, q] = [tangents[k]! * width, tangents[k + 1]! * width];
      const height = a + t * (p + t * (3 * (b - a) - 2 * p - q + t * (2 * (a - b) + p + q)));
      return [x[k]! + t * width, height * height];
    }),
  );
  return [...curve, [x.at(-1)!, ratio.at(-1)!]];
}
