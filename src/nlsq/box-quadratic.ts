/**
 * Minimise a small convex quadratic inside a box, and inside a box and a ball: the step of the optimiser.
 *
 *   q(z) = gᵀz + ½ zᵀHz,   lower ≤ z ≤ upper,   |z| ≤ radius
 *
 * A primal active-set method (Nocedal & Wright 2006, section 16.5) gives the box; the ball adds μ to the diagonal
 * (Moré 1978), found by bisection because |z(μ)| falls with μ. With under ten unknowns all of this is free of charge.
 */
import { dot, factorise, quadraticForm, solve } from './linear-algebra.ts';

export interface BoxQuadratic {
  readonly gradient: Float64Array;
  /** Positive semidefinite, row-major. */
  readonly hessian: Float64Array;
  /** Box; contains 0. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** q(z), zero at z = 0. */
export function modelValue({ gradient, hessian }: BoxQuadratic, z: Float64Array): number {
  return dot(gradient, z) + 0.5 * quadraticForm(hessian, z);
}

/** Minimiser inside the box of q(z) + ½·damping·|z|²; unknowns that the quadratic says nothing about stay at 0. */
export function minimiseInBox(quadratic: BoxQuadratic, damping: number): Float64Array {
  const { gradient, hessian, lower, upper } = quadratic;
  const n = gradient.length;
  const damped = Float64Array.from(hessian);
  for (let i = 0; i < n; i++) damped[i * n + i] = damped[i * n + i]! + damping;
  const z = new Float64Array(n);
  const held = Array.from({ length: n }, (_, i) => pushesOut(gradient[i]!, 0, lower[i]!, upper[i]!));
  // Each pass adds or releases one bound; the limit only guards against cycling through rounding.
  for (let pass = 0; pass < 20 * (n + 1); pass++) {
    const slope = gradientAt(gradient, damped, z);
    const target = freeMinimiser(damped, slope, held);
    let share = 1;
    let blocking = -1;
    for (let i = 0; i < n; i++) {
      const goal = z[i]! + target[i]!;
      const limit = goal < lower[i]! ? lower[i]! : goal > upper[i]! ? upper[i]! : goal;
      if (held[i] || limit === goal) continue;
      const part = (limit - z[i]!) / target[i]!;
      if (part < share) {
        share = part;
        blocking = i;
      }
    }
    for (let i = 0; i < n; i++) {
      if (!held[i]) z[i] = Math.min(Math.max(z[i]! + share * target[i]!, lower[i]!), upper[i]!);
    }
    if (blocking >= 0) {
      z[blocking] = target[blocking]! < 0 ? lower[blocking]! : upper[blocking]!;
      held[blocking] = true;
      continue;
    }
    const release = boundToRelease(gradientAt(gradient, damped, z), damped, z, held, quadratic);
    if (release < 0) return z;
    held[release] = false;
  }
  return z;
}

/** Minimiser inside box and ball. `onBall` tells whether the ball holds it back. */
export function minimiseInBoxAndBall(quadratic: BoxQuadratic, radius: number): { z: Float64Array; onBall: boolean } {
  const full = minimiseInBox(quadratic, 0);
  if (norm(full) <= radius) return { z: full, onBall: false };
  let high = (2 * norm(quadratic.gradient)) / radius;
  let low = high * 1e-20;
  let z = minimiseInBox(quadratic, high);
  for (let pass = 0; pass < 100 && norm(z) < 0.9 * radius; pass++) {
    const middle = Math.sqrt(low * high);
    const trial = minimiseInBox(quadratic, middle);
    if (norm(trial) > radius) low = middle;
    else {
      high = middle;
      z = trial;
    }
  }
  return { z, onBall: true };
}

export function norm(z: Float64Array): number {
  return Math.sqrt(dot(z, z));
}

/** Whether a point at a bound would be pushed through it by going down the gradient. */
function pushesOut(slope: number, z: number, lower: number, upper: number): boolean {
  return (z <= lower && slope > 0) || (z >= upper && slope < 0) || lower === upper;
}

function gradientAt(gradient: Float64Array, hessian: Float64Array, z: Float64Array): Float64Array {
  const n = z.length;
  return gradient.map((value, i) => {
    let sum = value;
    for (let j = 0; j < n; j++) sum += hessian[i * n + j]! * z[j]!;
    return sum;
  });
}

/** Step from z to the minimiser over the unknowns that are not held; 0 for the others. */
function freeMinimiser(hessian: Float64Array, slope: Float64Array, held: readonly boolean[]): Float64Array {
  const n = slope.length;
  const open = Array.from({ length: n }, (_, i) => i).filter((i) => !held[i]);
  const m = open.length;
  const matrix = new Float64Array(m * m);
  open.forEach((i, a) => open.forEach((j, b) => (matrix[a * m + b] = hessian[i * n + j]!)));
  const solution = solve(
    factorise(matrix, m),
    Float64Array.from(open, (i) => -slope[i]!),
  );
  const step = new Float64Array(n);
  open.forEach((i, a) => (step[i] = solution[a]!));
  return step;
}

/** The held unknown that gains most by leaving its bound; −1 when none would. */
function boundToRelease(
  slope: Float64Array,
  hessian: Float64Array,
  z: Float64Array,
  held: readonly boolean[],
  { lower, upper }: BoxQuadratic,
): number {
  const n = z.length;
  let best = -1;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    if (!held[i] || lower[i] === upper[i] || pushesOut(slope[i]!, z[i]!, lower[i]!, upper[i]!)) continue;
    const curvature = hessian[i * n + i]!;
    const gain = curvature > 0 ? (slope[i]! * slope[i]!) / curvature : Infinity;
    if (slope[i] !== 0 && gain > largest) {
      largest = gain;
      best = i;
    }
  }
  return best;
}
