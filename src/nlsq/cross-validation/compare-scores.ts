/** Differences of cross-validated costs with their standard errors over blocks, and what they say. */
import type { CrossValidated } from './cross-validate.ts';

export interface ComparedCandidate {
  /** Σ_b S_b / pairs: the mean of (r/σ)² of pairs that were not fitted. */
  readonly cost: number;
  /** Cost above that of the best candidate, as a share of that cost; 0 for the best itself. */
  readonly difference: number;
  /** Standard error of `difference` over the blocks; 0 for the best itself. */
  readonly error: number;
  /** Whether the difference is more than two of its standard errors. */
  readonly worse: boolean;
  readonly unconverged: number;
}

export interface Comparison {
  /** In the order of the candidates. */
  readonly candidates: readonly ComparedCandidate[];
  /** Index of the candidate with the lowest cost. */
  readonly best: number;
  /** Index of the one with the fewest unknowns among those that are not worse than the best. */
  readonly preferred: number;
}

/** A difference of so many standard errors counts. */
const TELLING = 2;

/** `unknowns`: free parameters, contrasts and offsets of each candidate. */
export function compareScores({ candidates, points }: CrossValidated, unknowns: readonly number[]): Comparison {
  const totals = candidates.map(({ scores }) => sum(scores));
  const best = totals.indexOf(Math.min(...totals));
  const pairs = sum(points);
  const compared = candidates.map(({ scores, unconverged }, k): ComparedCandidate => {
    const differences = scores.map((score, b) => score - candidates[best]!.scores[b]!);
    const difference = sum(differences) / totals[best]!;
    const error = errorOfSum(differences) / totals[best]!;
    return { cost: totals[k]! / pairs, difference, error, worse: difference > TELLING * error, unconverged };
  });
  const rivals = compared.flatMap(({ worse }, k) => (worse ? [] : [k]));
  const preferred = rivals.toSorted((a, b) => unknowns[a]! - unknowns[b]! || totals[a]! - totals[b]!)[0]!;
  return { candidates: compared, best, preferred };
}

/** √(B·s²), with s² the variance of the B numbers. */
function errorOfSum(values: Float64Array): number {
  const count = values.length;
  const mean = sum(values) / count;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt((count * squares) / (count - 1));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
