/**
 * A prior between a parameter's bounds as a proper density: value and slope, cumulative probability, quantile, draws.
 *
 * Normal, truncated normal, half-normal and log-normal are all a normal distribution of x or ln x cut to an interval.
 */
import { ConfigRefused } from '../../base/errors.ts';
import { exp, log, uniformAt, type RandomKey } from '../../math/index.ts';
import type { Prior } from '../../model/parameters.ts';
import { LOG_TWO_PI, normalCdf, normalQuantile } from '../distributions/normal.ts';

export interface PriorDensity {
  /** Where the density is not 0: the parameter's bounds and the prior's own limits. */
  readonly lower: number;
  readonly upper: number;
  /** ln density at x in the parameter's unit, and its slope; −∞ outside the limits. */
  at(x: number): { readonly value: number; readonly slope: number };
  cdf(x: number): number;
  quantile(probability: number): number;
  /** A draw; a pure function of the key. */
  draw(key: RandomKey): number;
}

/** Less prior probability than this between the bounds is a contradiction. */
const LEAST_MASS = 1e-9;

/**
 * The prior of a parameter, normalised between its bounds. `ConfigRefused` when next to nothing of it lies between them,
 * or when a uniform prior has no finite bounds.
 */
export function priorDensity(name: string, prior: Prior, bounds: readonly [number, number]): PriorDensity {
  const where = { key: `parameters.${name}.prior` };
  if (prior.kind === 'uniform') {
    const [lower, upper] = bounds;
    if (!(Number.isFinite(lower) && Number.isFinite(upper) && lower < upper)) {
      throw new ConfigRefused(`a uniform prior of ${name} between ${lower} and ${upper} is not a probability density`, {
        where,
        help: 'give finite bounds, or another prior',
      });
    }
    return uniform(lower, upper);
  }
  const { mean, sd, logarithmic, limits } = normalOf(prior);
  const lower = Math.max(bounds[0], limits[0]);
  const upper = Math.min(bounds[1], limits[1]);
  const density = cutNormal(mean, sd, logarithmic, lower, upper);
  if (!(lower < upper) || !(density.mass > LEAST_MASS)) {
    throw new ConfigRefused(`the prior of ${name} lies outside its bounds ${bounds[0]} … ${bounds[1]}`, {
      where,
      help: 'widen parameters.' + name + '.bounds or move the prior',
    });
  }
  return density;
}

interface CutNormal {
  readonly mean: number;
  readonly sd: number;
  /** Whether ln x is normal instead of x. */
  readonly logarithmic: boolean;
  readonly limits: readonly [number, number];
}

function normalOf(prior: Exclude<Prior, { kind: 'uniform' }>): CutNormal {
  switch (prior.kind) {
    case 'normal':
      return { mean: prior.mean, sd: prior.sd, logarithmic: false, limits: [-Infinity, Infinity] };
    case 'truncated-normal':
      return { mean: prior.mean, sd: prior.sd, logarithmic: false, limits: [prior.lower, prior.upper] };
    case 'half-normal':
      return { mean: 0, sd: prior.sd, logarithmic: false, limits: [0, Infinity] };
    case 'log-normal':
      return { mean: log(prior.median), sd: log(prior.factor), logarithmic: true, limits: [0, Infinity] };
  }
}

function cutNormal(
  mean: number,
  sd: number,
  logarithmic: boolean,
  lower: number,
  upper: number,
): PriorDensity & { readonly mass: number } {
  const standard = (x: number): number => ((logarithmic ? (x > 0 ? log(x) : -Infinity) : x) - mean) / sd;
  const [a, b] = [standard(lower), standard(upper)];
  // Above the mean probabilities are counted from the other end, so that small ones keep their digits.
  const flipped = a > 0;
  const below = (z: number): number => (flipped ? normalCdf(-z) : normalCdf(z));
  const [atLower, atUpper] = [below(a), below(b)];
  const mass = Math.abs(atUpper - atLower);
  const constant = -0.5 * LOG_TWO_PI - log(sd) - log(mass);
  const quantile = (probability: number): number => {
    const level = atLower + probability * (atUpper - atLower);
    const z = flipped ? -normalQuantile(level) : normalQuantile(level);
    const x = mean + sd * z;
    return Math.min(upper, Math.max(lower, logarithmic ? exp(x) : x));
  };
  return {
    lower,
    upper,
    mass,
    at: (x) => {
      if (!(x >= lower && x <= upper) || (logarithmic && x <= 0)) return { value: -Infinity, slope: 0 };
      const z = standard(x);
      const value = constant - 0.5 * z * z;
      return logarithmic ? { value: value - log(x), slope: -(z / sd + 1) / x } : { value, slope: -z / sd };
    },
    cdf: (x) => (x <= lower ? 0 : x >= upper ? 1 : (below(standard(x)) - atLower) / (atUpper - atLower)),
    quantile,
    draw: (key) => quantile(uniformAt(key, 0)),
  };
}

function uniform(lower: number, upper: number): PriorDensity {
  const value = -log(upper - lower);
  const quantile = (probability: number): number => lower + probability * (upper - lower);
  return {
    lower,
    upper,
    at: (x) => (x >= lower && x <= upper ? { value, slope: 0 } : { value: -Infinity, slope: 0 }),
    cdf: (x) => Math.min(1, Math.max(0, (x - lower) / (upper - lower))),
    quantile,
    draw: (key) => quantile(uniformAt(key, 0)),
  };
}
