/**
 * Whether shards agree: a check of the model, since every shard holds the same parameters if the model is right.
 *
 *   Q = Σ_k (μ_k − μ)ᵀ·W_k·(μ_k − μ)  ~  χ² of (K − 1)·d degrees of freedom,   I² = max(0, 1 − (K − 1)/Q)  per coordinate
 *
 * (Cochran, Biometrics 10, 101, 1954; Higgins & Thompson, Stat. Med. 21, 1539, 2002), and the Kullback–Leibler divergence
 * between the normal distributions of every two shards.
 */
import { log } from '../../math/index.ts';
import { gammaTail } from '../distributions/gamma.ts';
import { cholesky } from '../nuts/index.ts';
import { combineNormals, inverse, squareIn, type Moments } from './combine.ts';

export interface ShardAgreement {
  readonly q: number;
  /** (K − 1)·d. */
  readonly freedom: number;
  /** Probability of a Q as large, if shards differed by their errors alone. */
  readonly probability: number;
  /** I² of Q over all coordinates, and of the Q of each coordinate by itself: share of the scatter beyond errors. */
  readonly iSquared: number;
  readonly coordinates: readonly { readonly name: string; readonly q: number; readonly iSquared: number }[];
  /** KL(k‖l) between shards k and l, shape (K, K): about d where they agree. */
  readonly divergences: readonly (readonly number[])[];
  /** What this says, one sentence each; empty where shards agree. */
  readonly findings: readonly string[];
}

/** A probability below this is said to mean something. */
const TELLING = 0.01;

/** `names` of the coordinates, `numbers` of the shards, in the order of `shards`. */
export function shardAgreement(
  shards: readonly Moments[],
  names: readonly string[],
  numbers: readonly number[],
): ShardAgreement {
  const count = shards.length;
  const size = names.length;
  const precisions = shards.map(({ covariance }) => inverse(covariance, size)!);
  // Without shared contrasts: Q counts from where the shards by themselves would meet.
  const meeting = combineNormals(shards.map(({ mean, covariance }) => ({ mean, covariance })))!.mean;
  const away = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
  const q = shards.reduce((sum, { mean }, k) => sum + squareIn(precisions[k]!, away(mean, meeting)), 0);
  const freedom = (count - 1) * size;
  const coordinates = names.map((name, i) => {
    const weights = shards.map(({ covariance }) => 1 / covariance[i * (size + 1)]!);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const centre = shards.reduce((sum, { mean }, k) => sum + weights[k]! * mean[i]!, 0) / total;
    const own = shards.reduce((sum, { mean }, k) => sum + weights[k]! * (mean[i]! - centre) * (mean[i]! - centre), 0);
    return { name, q: own, iSquared: share(own, count - 1) };
  });
  const logDeterminants = shards.map(({ covariance }) => {
    const factor = cholesky(covariance, size)!;
    return names.reduce((sum, _, i) => sum + 2 * log(factor[i * (size + 1)]!), 0);
  });
  const divergences = shards.map((from, k) =>
    shards.map((to, l) => {
      if (k === l) return 0;
      let trace = 0;
      for (let at = 0; at < size * size; at++) trace += precisions[l]![at]! * from.covariance[at]!;
      const shift = squareIn(precisions[l]!, away(to.mean, from.mean));
      return 0.5 * (trace + shift - size + logDeterminants[l]! - logDeterminants[k]!);
    }),
  );
  const probability = count < 2 ? 1 : gammaTail(q / 2, freedom / 2);
  const found = { q, freedom, probability, iSquared: share(q, freedom), coordinates, divergences };
  return { ...found, findings: probability < TELLING ? inWords(found, numbers) : [] };
}

function share(q: number, freedom: number): number {
  return freedom > 0 && q > freedom ? 1 - freedom / q : 0;
}

function inWords(found: Omit<ShardAgreement, 'findings'>, numbers: readonly number[]): string[] {
  const { q, freedom, probability, coordinates, divergences } = found;
  const most = coordinates.reduce((a, b) => (b.iSquared > a.iSquared ? b : a));
  const means = divergences.map((row, k) => row.reduce((sum, value, l) => sum + value + divergences[l]![k]!, 0));
  const odd = numbers[means.indexOf(Math.max(...means))]! + 1;
  return [
    `shards differ by more than their errors: Q = ${q.toFixed(0)} for ${freedom} degrees of freedom (probability ` +
      `${probability.toPrecision(1)}), most in ${most.name} (I² = ${(100 * most.iSquared).toFixed(0)} %); shard ${odd} is ` +
      'furthest from the others',
    'either points are less independent than the likelihood takes them to be (likelihood: adjusted allows for that), or ' +
      'the model does not hold everywhere: look at residuals by age and by angle, and cut the window where they drift',
  ];
}
