/** Correlation coefficients of the fitted parameters, strongest first. */

export interface Correlation {
  readonly first: string;
  readonly second: string;
  readonly value: number;
}

/** Covariance matrix by name, row-major; NaN where unknown. */
export interface NamedCovariance {
  readonly names: readonly string[];
  readonly matrix: Float64Array;
}

/** All pairs with |C| at or above the threshold; pairs with an unknown variance are left out. */
export function strongCorrelations({ names, matrix }: NamedCovariance, threshold: number): Correlation[] {
  const size = names.length;
  const found: Correlation[] = [];
  for (let r = 0; r < size; r++) {
    for (let c = r + 1; c < size; c++) {
      const value = matrix[r * size + c]! / Math.sqrt(matrix[r * size + r]! * matrix[c * size + c]!);
      if (Math.abs(value) >= threshold) found.push({ first: names[r]!, second: names[c]!, value });
    }
  }
  return found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}
