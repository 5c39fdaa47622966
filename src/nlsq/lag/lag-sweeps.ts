/** Sweeps whose sums have a weight by lag: the cost is ½ Σ_a w_a Σ_{i<j} w_a(lag)·r². */
import type { Sweeps } from '../../kernels/sweep.ts';
import { gramSweeps } from '../gram-sweeps.ts';
import { weightedGram } from './lag-rows.ts';
import { ofAngle, type LagTable } from './lag-table.ts';

/** Sweeps over the data of `base` with one weight per angle and lag. */
export function lagSweeps(base: Sweeps, weights: LagTable): Sweeps {
  const { places } = weights.axis;
  return gramSweeps(base, (question, context) =>
    weightedGram({ ...question, data: base.data, places, weight: ofAngle(weights, question.angle) }, context),
  );
}
