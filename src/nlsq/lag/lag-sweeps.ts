/** Sweeps whose sums have a weight by lag: the cost is ½ Σ_a w_a Σ_{i<j} w_a(lag)·r². */
import type { Sweeps } from '../../kernels/sweep.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { gramSweeps } from '../gram-sweeps.ts';
import { lagGramWork } from './lag-rows.ts';
import { ofAngle, type LagTable } from './lag-table.ts';

/** Sweeps over the data of `base` with one weight per angle and lag. */
export function lagSweeps(base: Sweeps, weights: LagTable, threads: ExecutionBackend | null): Sweeps {
  const { places } = weights.axis;
  return gramSweeps(
    base,
    lagGramWork,
    (question) => ({ ...question, places, weight: ofAngle(weights, question.angle) }),
    threads,
  );
}
