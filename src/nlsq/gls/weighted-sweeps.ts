/** Sweeps of generalised least squares: inner products with the inverse covariance of speckle. No pair may be excluded. */
import { Defect } from '../../base/errors.ts';
import type { Sweeps } from '../../kernels/sweep.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { gramSweeps } from '../gram-sweeps.ts';
import { weightedGramWork } from './angle-gram.ts';
import type { MarkovWeight } from './markov-weight.ts';

/** Sweeps over the data of `base` with one weight per angle. */
export function weightedSweeps(
  base: Sweeps,
  weights: readonly MarkovWeight[],
  threads: ExecutionBackend | null,
): Sweeps {
  if (base.data.excluded.some((count) => count > 0)) throw new Defect('weighted sweeps need every pair');
  return gramSweeps(base, weightedGramWork, (question) => ({ ...question, weight: weights[question.angle]! }), threads);
}
