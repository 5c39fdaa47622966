/**
 * The principal directions of the information on the physical parameters, scaling projected out, in natural coordinates.
 *
 * A direction along which one standard error exceeds a natural step (a factor e in a rate, 1 in a slope, 10° in phi0) is
 * beyond what a quadratic can say: it is called not determined.
 */
import { chartAt, type Chart, type CoordinateSystem } from './coordinates.ts';
import { congruence, quadraticForm, solve, symmetricEigen } from './linear-algebra.ts';
import { borderOf, type Linearisation, type Objective } from './objective.ts';

/** Longer standard errors than this, in natural steps, count as not determined. */
const LARGEST_ERROR = 1;
/** Relative rounding of the entries of the information matrix, with room. */
const ROUNDING = 1e-13;

/** One principal direction of the information on the physical parameters. */
export interface Direction {
  /** One standard error along it, in natural steps. */
  readonly length: number;
  readonly determined: boolean;
  /** Unit vector in natural coordinates over the free parameters. */
  readonly natural: Float64Array;
  /** Change of every quantity over one standard error along it, at most one natural step, in the order of `names`. */
  readonly effect: Float64Array;
  /** θ one such step down and up, in the user's coordinates. */
  readonly ends: readonly [Float64Array, Float64Array];
}

export interface PrincipalDirections {
  /** Weakest first. */
  readonly directions: readonly Direction[];
  /** The natural coordinates they are in. */
  readonly chart: Chart;
}

/**
 * Directions over the free parameters of these indices at a minimum; `variance` is s². With all free parameters the bounds
 * are ignored: the question is then what the data alone would say.
 */
export function principalDirections(
  objective: Objective,
  system: CoordinateSystem,
  point: Linearisation,
  variance: number,
  open: readonly number[],
): PrincipalDirections {
  const n = objective.free.names.length;
  const m = open.length;
  const chart = chartAt(system, point.theta, new Set(), m === n);
  if (m === 0) return { directions: [], chart };
  const toUser = new Float64Array(n * m);
  for (let i = 0; i < n; i++) open.forEach((j, column) => (toUser[i * m + column] = chart.jacobian[i * n + j]!));
  const { values, vectors } = symmetricEigen(congruence(point.information, n, toUser, m), m);
  // What is left of the information where large terms cancel may be rounding.
  const terms = congruence(point.information.map(Math.abs), n, toUser.map(Math.abs), m);
  const response = scalingResponse(objective, point);
  const directions = vectors.map((vector, k): Direction => {
    const rounding = ROUNDING * quadraticForm(terms, vector.map(Math.abs));
    const information = Math.max(values[k]!, rounding, Number.MIN_VALUE);
    const length = Math.sqrt(variance / information);
    const step = Math.min(length, LARGEST_ERROR);
    const natural = new Float64Array(n);
    open.forEach((i, column) => (natural[i] = vector[column]!));
    const theta = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let column = 0; column < m; column++)
        theta[i] = theta[i]! + step * toUser[i * m + column]! * vector[column]!;
    }
    return {
      length,
      determined: length <= LARGEST_ERROR && values[k]! > rounding,
      natural,
      effect: Float64Array.from([...theta, ...response(theta)]),
      ends: [chart.at(natural.map((value) => -step * value)), chart.at(natural.map((value) => step * value))],
    };
  });
  return { directions, chart };
}

/** How the best contrast and offset answer to a change of θ: −N⁻¹Bᵀδθ, as contrast[0], offset[0], …. */
function scalingResponse(objective: Objective, point: Linearisation): (theta: Float64Array) => Float64Array {
  const { factors } = point.best;
  const borders = factors.map(({ group }) => borderOf(objective, point, group));
  return (theta) => {
    const response = new Float64Array(factors.length === 0 ? 0 : 2 * objective.weight.length);
    factors.forEach(({ group, factor }, g) => {
      const coefficients = 2 * group.terms;
      const right = new Float64Array(coefficients);
      theta.forEach((change, i) => {
        for (let s = 0; s < coefficients; s++) right[s] = right[s]! - borders[g]![i * coefficients + s]! * change;
      });
      const step = solve(factor, right);
      group.angles.forEach((a, row) => {
        for (let t = 0; t < group.terms; t++) {
          const basis = group.basis[row * group.terms + t]!;
          response[2 * a] = response[2 * a]! + basis * step[group.terms + t]!;
          response[2 * a + 1] = response[2 * a + 1]! + basis * step[t]!;
        }
      });
    });
    return response;
  };
}
