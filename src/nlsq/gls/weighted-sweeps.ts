/** Sweeps of generalised least squares: inner products with the inverse covariance of speckle. No pair may be excluded. */
import { Defect } from '../../base/errors.ts';
import { breathe } from '../../base/task-context.ts';
import type { Sweeps } from '../../kernels/sweep.ts';
import { gramSweeps } from '../gram-sweeps.ts';
import { columnRows, pairTables, residualRows } from './angle-matrices.ts';
import type { MarkovWeight } from './markov-weight.ts';
import { weightedProducts } from './weighted-products.ts';

/** Sweeps over the data of `base` with one weight per angle. */
export function weightedSweeps(base: Sweeps, weights: readonly MarkovWeight[]): Sweeps {
  const { data } = base;
  if (data.excluded.some((count) => count > 0)) throw new Defect('weighted sweeps need every pair');
  return gramSweeps(base, async ({ physics, sensitivities, angle, contrast, offset }, context) => {
    await breathe(context);
    const { c, g, h } = sensitivities;
    const columns = c.length + g.length + h.length;
    const tables = pairTables(physics, angle, (asked, a) => base.shape(asked, a), columns > 0);
    const fillResidual = residualRows(tables, data, angle, contrast, offset);
    if (columns === 0) return weightedProducts(weights[angle]!, 3, fillResidual);
    const fillColumns = columnRows(tables, sensitivities, angle, data.frames);
    return weightedProducts(weights[angle]!, columns + 3, (i, rows) => {
      fillColumns(i, rows);
      fillResidual(i, rows.slice(columns));
    });
  });
}
