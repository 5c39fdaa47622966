/** The weighted inner products of one angle: of ∂M/∂parameter, 1, M and the residual. A task that any thread can do. */
import type { AngleWork } from '../angle-work.ts';
import type { GramQuestion } from '../gram-sweeps.ts';
import { columnRows, fillResidual, pairTables } from './angle-matrices.ts';
import type { MarkovWeight } from './markov-weight.ts';
import { weightedProducts } from './weighted-products.ts';

export interface WeightedGramQuestion extends GramQuestion {
  readonly weight: MarkovWeight;
}

/** Shape (K + 3, K + 3). */
export function weightedGramOfAngle(question: WeightedGramQuestion): Float64Array {
  const { physics, sensitivities, angle, values, weight } = question;
  const { c, g, h } = sensitivities;
  const columns = c.length + g.length + h.length;
  const fillColumns = columnRows(pairTables(physics, angle), sensitivities, angle, physics.c.length);
  return weightedProducts(weight, columns + 3, (i, rows) => {
    fillColumns(i, rows);
    fillResidual(values, question, i, rows[columns + 1]!, rows[columns + 2]!);
  });
}

export const weightedGramWork: AngleWork<WeightedGramQuestion, Float64Array> = {
  task: { name: 'fit.weighted-gram', version: 1, module: import.meta.url, export: 'weightedGramOfAngle' },
  run: weightedGramOfAngle,
  fewestPoints: 100_000,
};
