/**
 * The mean variance of c2 at each lag that speckle and its product with photon noise make at one angle.
 *
 *   m·[β²(1 + M²) + β³(4M − 4M² + 2M³)] + 2x·[β + β²(2M − M²)]        m = 1/speckles, x = 1/(speckles·photons)
 *
 * the diagonal of the covariance in `speckle-scores.ts`.
 */
import type { Physics } from '../../model/two-time-model.ts';
import type { Amplitudes } from '../errors/amplitudes.ts';
import { pairRows } from '../errors/pair-row.ts';
import type { LagAxis } from './lag-table.ts';

export type SpeckleAmplitudes = Pick<Amplitudes, 'speckle' | 'crossed'>;

/** Shape (longest + 1); 0 where no pair has the lag. `beta` is the contrast. */
export function expectedVariance(
  physics: Physics,
  angle: number,
  beta: number,
  { speckle, crossed }: SpeckleAmplitudes,
  { places, longest }: LagAxis,
): Float64Array {
  const frames = places.length;
  const rowOf = pairRows(physics, angle);
  const expected = new Float64Array(longest + 1);
  const pairs = new Float64Array(longest + 1);
  for (let i = 0; i + 1 < frames; i++) {
    const { m } = rowOf(i);
    for (let j = i + 1; j < frames; j++) {
      const v = m[j]!;
      const lag = places[j]! - places[i]!;
      const ofSpeckle = beta * beta * (1 + v * v + 2 * beta * v * (2 - 2 * v + v * v));
      const ofBoth = 2 * beta * (1 + beta * v * (2 - v));
      expected[lag] = expected[lag]! + speckle * ofSpeckle + crossed * ofBoth;
      pairs[lag] = pairs[lag]! + 1;
    }
  }
  return expected.map((value, lag) => (pairs[lag]! > 0 ? value / pairs[lag]! : 0));
}
