/**
 * The principal directions of the information on the physical parameters, scaling projected out, in natural coordinates.
 *
 * A direction along which one standard error exceeds a natural step (a factor e in a rate, 1 in a slope, 10° in phi0) is
 * beyond what a quadratic can say: it is called not determined.
 */
import { changeOfChart, type Chart } from './coordinates.ts';
import { quadraticForm, solve, symmetricEigen, times } from './linear-algebra.ts';
import { borderOf, variancePerPoint, type Linearisation, type Objective } from './objective.ts';
import { quadraticIn } from './trust-region.ts';

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

/** Directions over the free parameters of these indices in the coordinates of a chart at a minimum; weakest first. */
export function principalDirections(
  objective: Objective,
  point: Linearisation,
  chart: Chart,
  open: readonly number[],
): Direction[] {
  const n = point.theta.length;
  const m = open.length;
  if (m === 0) return [];
  const variance = variancePerPoint(objective, point);
  const { hessian } = quadraticIn(chart, point);
  const information = Float64Array.from(
    { length: m * m },
    (_, at) => hessian[open[Math.floor(at / m)]! * n + open[at % m]!]!,
  );
  const { values, vectors } = symmetricEigen(information, m);
  const change = changeOfChart(point.chart, chart);
  const response = scalingResponse(objective, point);
  return vectors.map((vector, k) => {
    // What is left where large terms cancel may be rounding.
    const rounding = ROUNDING * quadraticForm(information.map(Math.abs), vector.map(Math.abs));
    const length = Math.sqrt(variance / Math.max(values[k]!, rounding, Number.MIN_VALUE));
    const natural = new Float64Array(n);
    open.forEach((i, column) => (natural[i] = vector[column]!));
    const step = natural.map((value) => Math.min(length, LARGEST_ERROR) * value);
    return {
      length,
      determined: length <= LARGEST_ERROR && values[k]! > rounding,
      natural,
      effect: Float64Array.from([...times(chart.jacobian, step), ...response(times(change, step))]),
      ends: [chart.at(step.map((value) => -value)), chart.at(step)],
    };
  });
}

/** How the best contrast and offset answer to a step z: −N⁻¹Bᵀz, as contrast[0], offset[0], …. */
function scalingResponse(objective: Objective, point: Linearisation): (z: Float64Array) => Float64Array {
  const { factors } = point.best;
  const borders = factors.map(({ group }) => borderOf(point, group));
  return (z) => {
    const response = new Float64Array(factors.length === 0 ? 0 : 2 * objective.weight.length);
    factors.forEach(({ group, factor }, g) => {
      const coefficients = 2 * group.terms;
      const right = new Float64Array(coefficients);
      z.forEach((step, i) => {
        for (let s = 0; s < coefficients; s++) right[s] = right[s]! - borders[g]![i * coefficients + s]! * step;
      });
      const answer = solve(factor, right);
      group.angles.forEach((a, row) => {
        for (let t = 0; t < group.terms; t++) {
          const basis = group.basis[row * group.terms + t]!;
          response[2 * a] = response[2 * a]! + basis * answer[group.terms + t]!;
          response[2 * a + 1] = response[2 * a + 1]! + basis * answer[t]!;
        }
      });
    });
    return response;
  };
}
