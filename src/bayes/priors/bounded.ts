/**
 * One bounded parameter as an unconstrained coordinate y: logistic between two bounds, exponential from one, y itself
 * without any; between positive bounds also logistic in ln x.
 */
import { exp, log } from '../../math/index.ts';

/** Where a coordinate is, with what the change of variables needs. */
export interface Unbound {
  readonly x: number;
  /** dx/dy. */
  readonly slope: number;
  /** ln |dx/dy|, and its derivative with respect to y. */
  readonly logSlope: number;
  readonly logSlopeSlope: number;
}

export interface BoundedCoordinate {
  at(y: number): Unbound;
  /** The y of an x strictly between the bounds; NaN at or beyond them. */
  locate(x: number): number;
}

/** The coordinate of a parameter between `lower` and `upper`, either of which may be infinite. */
export function boundedCoordinate(lower: number, upper: number, logarithmic: boolean = false): BoundedCoordinate {
  if (logarithmic && lower > 0 && upper < Infinity) return logarithmOf(between(log(lower), log(upper)));
  if (logarithmic && lower >= 0 && upper === Infinity) return logarithmOf(lower > 0 ? above(log(lower)) : identity());
  if (lower > -Infinity && upper < Infinity) return between(lower, upper);
  if (lower > -Infinity) return above(lower);
  if (upper < Infinity) return below(upper);
  return identity();
}

function identity(): BoundedCoordinate {
  return {
    at: (y) => ({ x: y, slope: 1, logSlope: 0, logSlopeSlope: 0 }),
    locate: (x) => x,
  };
}

function above(lower: number): BoundedCoordinate {
  return {
    at: (y) => ({ x: lower + exp(y), slope: exp(y), logSlope: y, logSlopeSlope: 1 }),
    locate: (x) => (x > lower ? log(x - lower) : NaN),
  };
}

function below(upper: number): BoundedCoordinate {
  return {
    at: (y) => ({ x: upper - exp(-y), slope: exp(-y), logSlope: -y, logSlopeSlope: -1 }),
    locate: (x) => (x < upper ? -log(upper - x) : NaN),
  };
}

function between(lower: number, upper: number): BoundedCoordinate {
  const range = upper - lower;
  return {
    at: (y) => {
      // Counted from the nearer bound, where digits would be lost otherwise.
      const far = exp(-Math.abs(y));
      const near = far / (1 + far);
      const share = y > 0 ? 1 - near : near;
      return {
        x: y > 0 ? upper - range * near : lower + range * near,
        slope: range * near * (1 - near),
        logSlope: log(range) - Math.abs(y) - 2 * log(1 + far),
        logSlopeSlope: 1 - 2 * share,
      };
    },
    locate: (x) => (x > lower && x < upper ? log((x - lower) / (upper - x)) : NaN),
  };
}

/** x = e^w with w in a coordinate of its own. */
function logarithmOf(inner: BoundedCoordinate): BoundedCoordinate {
  return {
    at: (y) => {
      const w = inner.at(y);
      const x = exp(w.x);
      return {
        x,
        slope: x * w.slope,
        logSlope: w.x + w.logSlope,
        logSlopeSlope: w.slope + w.logSlopeSlope,
      };
    },
    locate: (x) => (x > 0 ? inner.locate(log(x)) : NaN),
  };
}
