/** What importance sampling draws from: a normal or a Student-t7 distribution around the mode. */
import { fillNormals, fold, log, log1p, type RandomKey } from '../../math/index.ts';
import { gammaDraw, logGamma } from '../distributions/gamma.ts';
import { LOG_TWO_PI } from '../distributions/normal.ts';
import { applyFactor, solveFactor, type MetricFactor } from '../nuts/metric.ts';

export type ProposalKind = 'normal' | 'student';

/** Degrees of freedom of the Student proposal. */
const FREEDOM = 7;
const DIRECTION = 0;
const LENGTH = 1;

/** Centre and scale that both kinds share; the factor is that of the covariance (normal) or of the scale (Student). */
export interface Frame {
  readonly centre: Float64Array;
  readonly factor: MetricFactor;
}

/** One draw; a pure function of the key. */
export function proposalDraw(kind: ProposalKind, { centre, factor }: Frame, key: RandomKey): Float64Array {
  const direction = new Float64Array(centre.length);
  fillNormals(fold(key, DIRECTION), direction);
  const stretch = kind === 'normal' ? 1 : Math.sqrt(FREEDOM / (2 * gammaDraw(fold(key, LENGTH), FREEDOM / 2)));
  return applyFactor(factor, direction).map((value, i) => centre[i]! + stretch * value);
}

/** ln density of both kinds at a position. */
export function proposalLogDensities(
  { centre, factor }: Frame,
  position: Float64Array,
): Readonly<Record<ProposalKind, number>> {
  const size = centre.length;
  const whitened = solveFactor(
    factor,
    position.map((value, i) => value - centre[i]!),
  );
  const square = whitened.reduce((sum, value) => sum + value * value, 0);
  let logDeterminant = 0;
  for (let i = 0; i < size; i++) logDeterminant += log(factor[i * (size + 1)]!);
  const shape = (FREEDOM + size) / 2;
  return {
    normal: -0.5 * (square + size * LOG_TWO_PI) - logDeterminant,
    student:
      logGamma(shape) -
      logGamma(FREEDOM / 2) -
      0.5 * size * log(FREEDOM * Math.PI) -
      logDeterminant -
      shape * log1p(square / FREEDOM),
  };
}
