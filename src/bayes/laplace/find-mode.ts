/**
 * The mode of a density and its exact Hessian there, by Newton steps in coordinates that are whitened as they go.
 *
 * Second derivatives are central differences of gradients over a fraction of a standard deviation, all of one Hessian
 * asked for at once. In a handful of dimensions that is cheap beside sampling, and needs nothing but gradients.
 */
import { InputRefused } from '../../base/errors.ts';
import { symmetricEigen } from '../../nlsq/linear-algebra.ts';
import { isFinite, type Evaluation, type LogDensity } from '../log-density.ts';
import { cholesky } from '../nuts/metric.ts';

export interface Mode {
  readonly position: Float64Array;
  /** ln density at the mode. */
  readonly value: number;
  /** Covariance of the Laplace approximation, the inverse of −∂² ln density, shape (d, d) row-major. */
  readonly covariance: Float64Array;
  /** Its lower Cholesky factor. */
  readonly factor: readonly number[];
  /** Gradients that were computed. */
  readonly gradients: number;
  /** Distance to the mode that a last Newton step would go, in standard deviations. */
  readonly distance: number;
}

export interface ModeOptions {
  /** About a standard deviation of each coordinate, or less; shape (d). */
  readonly scale: Float64Array;
  readonly maxIterations?: number | undefined;
}

/** Why there is no mode with a usable Hessian. */
export type NoMode = {
  readonly reason: 'at the edge of the support' | 'no maximum' | 'not converged';
  readonly position: Float64Array;
};

/** Differences go this far to either side, in standard deviations. */
const REACH = 0.05;
/** Near enough, in standard deviations: the Hessian is taken there. */
const NEAR = 1e-5;
/** Curvature below this share of the largest, in whitened coordinates, is that of a plain. */
const FLATTEST = 1e-8;

/**
 * Climb from `start` to the mode. A density or gradient that is not a number at the start is `InputRefused`; a mode that
 * lies at the edge of the support, or no mode at all, is answered as such.
 */
export async function findMode(
  density: LogDensity,
  start: Float64Array,
  { scale, maxIterations = 40 }: ModeOptions,
): Promise<Mode | NoMode> {
  const size = start.length;
  let gradients = 1;
  const counted: LogDensity = (position) => {
    gradients += 1;
    return density(position);
  };
  let here = { position: start, evaluation: await density(start) };
  if (!isFinite(here.evaluation)) {
    throw new InputRefused(
      'the posterior density or its gradient is not a number at the start of the search for its mode',
      {
        help: 'start inside the bounds and where the priors allow it',
      },
    );
  }
  /** Columns that are about one standard deviation long and uncorrelated. */
  let basis: Float64Array = new Float64Array(size * size);
  for (let i = 0; i < size; i++) basis[i * size + i] = scale[i]!;
  let whitened = false;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const curvature = await curvatureAlong(counted, here.position, basis);
    if (curvature === null) return { reason: 'at the edge of the support', position: here.position };
    const { values, vectors } = symmetricEigen(curvature, size);
    const largest = Math.max(...values.map(Math.abs));
    const slope = whitenedSlope(basis, here.evaluation.gradient);
    const step = new Float64Array(size);
    let distance = 0;
    for (const [k, vector] of vectors.entries()) {
      const bend = Math.max(Math.abs(values[k]!), FLATTEST * largest);
      const along = inner(vector, slope);
      distance += (along * along) / bend;
      vector.forEach((share, i) => (step[i] = step[i]! + (share * along) / bend));
    }
    distance = Math.sqrt(distance);
    const curved = values.every((value) => value > FLATTEST * largest);
    if (whitened && distance < NEAR) {
      if (!curved) return { reason: 'no maximum', position: here.position };
      return finish(here, basis, curvature, distance, gradients);
    }
    const moved = await climb(counted, here, multiply(basis, step));
    if (moved !== null) here = moved;
    else if (whitened) {
      // No step raises the value any more: rounding, or an edge that the gradient points across.
      const settled = curved && distance < 0.01;
      return settled
        ? finish(here, basis, curvature, distance, gradients)
        : { reason: 'at the edge of the support', position: here.position };
    }
    basis = whiten(basis, values, vectors, FLATTEST * largest);
    whitened = true;
  }
  return { reason: 'not converged', position: here.position };
}

interface Point {
  readonly position: Float64Array;
  readonly evaluation: Evaluation;
}

function finish(
  { position, evaluation }: Point,
  basis: Float64Array,
  curvature: Float64Array,
  distance: number,
  gradients: number,
): Mode | NoMode {
  const size = position.length;
  const { values, vectors } = symmetricEigen(curvature, size);
  const spread = whiten(basis, values, vectors, 0);
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      covariance[i * size + j] = inner(
        spread.subarray(i * size, (i + 1) * size),
        spread.subarray(j * size, (j + 1) * size),
      );
    }
  }
  const factor = cholesky(covariance, size);
  if (factor === null) return { reason: 'no maximum', position };
  return { position, value: evaluation.value, covariance, factor, gradients, distance };
}

/** −BᵀHB with H = ∂² ln density, symmetric; null where the density ends too near to tell. */
async function curvatureAlong(
  density: LogDensity,
  at: Float64Array,
  basis: Float64Array,
): Promise<Float64Array | null> {
  const size = at.length;
  const columns = await Promise.all(
    Array.from({ length: size }, async (_, j) => {
      const column = Float64Array.from(at, (_value, i) => basis[i * size + j]!);
      for (let reach = REACH; reach > 1e-5 * REACH; reach /= 8) {
        const [up, down] = await Promise.all(
          [reach, -reach].map((share) => density(at.map((value, i) => value + share * column[i]!))),
        );
        if (!isFinite(up!) || !isFinite(down!)) continue;
        const change = up!.gradient.map((slope, i) => (down!.gradient[i]! - slope) / (2 * reach));
        return whitenedSlope(basis, change);
      }
      return null;
    }),
  );
  const curvature = new Float64Array(size * size);
  for (const [j, column] of columns.entries()) {
    if (column === null) return null;
    column.forEach((value, i) => {
      curvature[i * size + j] = curvature[i * size + j]! + value / 2;
      curvature[j * size + i] = curvature[j * size + i]! + value / 2;
    });
  }
  return curvature;
}

/** Go along the step, halved until the value rises; null if it never does. */
async function climb(density: LogDensity, from: Point, step: Float64Array): Promise<Point | null> {
  for (let share = 1; share > 1e-8; share /= 2) {
    const position = from.position.map((value, i) => value + share * step[i]!);
    const evaluation = await density(position);
    if (isFinite(evaluation) && evaluation.value > from.evaluation.value) return { position, evaluation };
  }
  return null;
}

/** B·V·diag(λ^−½)·Vᵀ. */
function whiten(
  basis: Float64Array,
  values: Float64Array,
  vectors: readonly Float64Array[],
  least: number,
): Float64Array {
  const size = values.length;
  const root = new Float64Array(size * size);
  for (const [k, vector] of vectors.entries()) {
    const scale = 1 / Math.sqrt(Math.max(Math.abs(values[k]!), least));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) root[i * size + j] = root[i * size + j]! + scale * vector[i]! * vector[j]!;
    }
  }
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += basis[i * size + k]! * root[k * size + j]!;
      result[i * size + j] = sum;
    }
  }
  return result;
}

/** Bᵀ·g. */
function whitenedSlope(basis: Float64Array, gradient: Float64Array): Float64Array {
  const size = gradient.length;
  return gradient.map((_, j) => gradient.reduce((sum, slope, i) => sum + basis[i * size + j]! * slope, 0));
}

/** B·x. */
function multiply(basis: Float64Array, x: Float64Array): Float64Array {
  const size = x.length;
  return x.map((_, i) => inner(basis.subarray(i * size, (i + 1) * size), x));
}

function inner(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}
