/**
 * Σ r² that noise of given amplitudes leaves at one angle before anything is fitted: the variances of single pairs.
 *
 *   Var(c2_ij) = (1/M)·β²·[1 + M² + β·(4M − 4M² + 2M³)] + x·2β·[1 + β·M·(2 − M)] + σ_w²        M: M_ij in the brackets
 *
 * from the cumulants of thermal light, as in `errors/noise-levels.ts`.
 */
import { pairsOf } from '../../kernels/triangles.ts';
import type { Physics } from '../../model/two-time-model.ts';
import type { Amplitudes } from '../errors/amplitudes.ts';
import { pairRows } from '../errors/pair-row.ts';

/** Σ M and Σ M² over all pairs of the angle. */
export interface ShapeSums {
  readonly m: number;
  readonly mm: number;
}

/** Rows from which Σ M³/Σ M² is taken, about. */
const SAMPLED_ROWS = 256;

export function expectedSquares(
  physics: Physics,
  angle: number,
  contrast: number,
  { m, mm }: ShapeSums,
  { speckle, crossed, white }: Pick<Amplitudes, 'speckle' | 'crossed' | 'white'>,
): number {
  const points = pairsOf(physics.c.length);
  const mmm = mm * cubesPerSquare(physics, angle);
  const pairs = contrast ** 2 * (points + mm + contrast * (4 * m - 4 * mm + 2 * mmm));
  const shots = 2 * contrast * (points + contrast * (2 * m - mm));
  return speckle * pairs + crossed * shots + white * points;
}

/** Σ M³/Σ M² on rows spread evenly. */
function cubesPerSquare(physics: Physics, angle: number): number {
  const frames = physics.c.length;
  const stride = Math.max(1, Math.floor(frames / SAMPLED_ROWS));
  const rowOf = pairRows(physics, angle);
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < frames - 1; i += stride) {
    const { m } = rowOf(i);
    for (let j = i + 1; j < frames; j++) {
      const square = m[j]! * m[j]!;
      squares += square;
      cubes += square * m[j]!;
    }
  }
  return squares > 0 ? cubes / squares : 0;
}
