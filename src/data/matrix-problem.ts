/** What makes a matrix useless for any fit. */
import type { MatrixFindings } from './triangle-filler.ts';
import { counted } from './wording.ts';

/**
 * Correlations are of order 1; normalised or not, none are outside these magnitudes. Values that are were stored in a
 * number format that the HDF5 library passes on unconverted (only damage makes one), or in another byte order.
 */
const SMALLEST = 1e-20;
const LARGEST = 1e20;

/** One sentence, or null for a usable matrix. `pairs`: pairs off the diagonal inside the support. */
export function matrixProblem(found: MatrixFindings, pairs: number): string | null {
  const { nonFinite, overflows, minimum, maximum } = found.taken;
  if (overflows > 0) return `${counted(overflows, 'value')} beyond the range of float32 (3.4e38)`;
  const finite = pairs - nonFinite;
  if (finite === 0) return 'the matrix holds no finite value off its diagonal';
  if (found.fill === 'empty') return 'every value off the diagonal is zero';
  const largest = Math.max(Math.abs(minimum), Math.abs(maximum));
  if (largest < SMALLEST || largest > LARGEST) {
    return `values up to ${largest.toPrecision(2)} cannot be correlations; the number format is damaged or unknown`;
  }
  if (minimum === maximum) return `every value off the diagonal is ${minimum}`;
  // Fewer show neither contrast nor noise.
  if (nonFinite > 0 && finite < (1 + Math.sqrt(1 + 8 * pairs)) / 2) {
    return `the matrix holds ${counted(finite, 'finite value')} off its diagonal, fewer than it has frames`;
  }
  if (found.fill === 'contradictory halves') {
    const size = (100 * found.relativeAsymmetry).toFixed(0);
    return `c(i,j) and c(j,i) contradict each other (they differ by ${size} % of the scatter of the values)`;
  }
  return null;
}
