/**
 * Sweeps whose sums are weighted inner products: the optimiser, the elimination of the scaling and the bounds then work
 * on the generalised least-squares cost ½ Σ_a w_a·⟨r, r⟩_a as they do on the ordinary one.
 *
 * `points` is ⟨1, 1⟩ here, `m` ⟨1, M⟩ and so on. The data must have no excluded pairs.
 */
import { Defect } from '../../base/errors.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import type { AngleScaling, AngleSums, NormalSums, Sweeps } from '../../kernels/sweep.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import { columnRows, pairTables, residualRows } from './angle-matrices.ts';
import type { MarkovWeight } from './markov-weight.ts';
import { weightedProducts } from './weighted-products.ts';

/** Sweeps over the data of `base` with one weight per angle. */
export function weightedSweeps(base: Sweeps, weights: readonly MarkovWeight[]): Sweeps {
  const { data } = base;
  if (data.excluded.some((count) => count > 0)) throw new Defect('weighted sweeps need every pair');
  let count = 0;
  const shape = (physics: Physics, angle: number): Float64Array => base.shape(physics, angle);
  const sums = async (physics: Physics, scaling: AngleScaling, context: TaskContext): Promise<AngleSums> => {
    const sum = emptySums(data.angles);
    for (let a = 0; a < data.angles; a++) {
      await breathe(context);
      const rows = residualRows(
        pairTables(physics, a, shape, false),
        data,
        a,
        scaling.contrast[a]!,
        scaling.offset[a]!,
      );
      storeSums(sum, a, weightedProducts(weights[a]!, 3, rows), 3, 0);
    }
    count += 1;
    return sum;
  };
  const normal = async (
    physics: Physics,
    sensitivities: Sensitivities,
    scaling: AngleScaling,
    context: TaskContext,
  ): Promise<NormalSums> => {
    const { c, g, h } = sensitivities;
    const parameters = [...c, ...g, ...h].map(({ parameter }) => parameter);
    const columns = parameters.length;
    const size = columns + 3;
    const sum = emptySums(data.angles);
    const make = (): Float64Array => new Float64Array(data.angles * columns);
    const [d, md, rd] = [make(), make(), make()];
    const hessian = new Float64Array(columns * columns);
    for (let a = 0; a < data.angles; a++) {
      await breathe(context);
      const tables = pairTables(physics, a, shape, true);
      const fillColumns = columnRows(tables, sensitivities, a, data.frames);
      const fillResidual = residualRows(tables, data, a, scaling.contrast[a]!, scaling.offset[a]!);
      const gram = weightedProducts(weights[a]!, size, (i, rows) => {
        fillColumns(i, rows);
        fillResidual(i, rows.slice(columns));
      });
      storeSums(sum, a, gram, size, columns);
      const factor = scaling.weight[a]! * scaling.contrast[a]! ** 2;
      for (let k = 0; k < columns; k++) {
        d[a * columns + k] = gram[k * size + columns]!;
        md[a * columns + k] = gram[k * size + columns + 1]!;
        rd[a * columns + k] = gram[k * size + columns + 2]!;
        for (let l = 0; l < columns; l++) {
          hessian[k * columns + l] = hessian[k * columns + l]! + factor * gram[k * size + l]!;
        }
      }
    }
    count += 1;
    return { ...sum, parameters, d, md, rd, hessian };
  };
  return {
    data,
    get count() {
      return count;
    },
    sums,
    normal,
    adjoint: () => Promise.reject(new Defect('a weighted sweep has no adjoint')),
    shape,
  };
}

/** Let signals and messages through between two angles, and stop if asked to. */
async function breathe(context: TaskContext): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
  throwIfCancelled(context);
}

function emptySums(angles: number): AngleSums {
  const make = (): Float64Array => new Float64Array(angles);
  return { points: make(), m: make(), mm: make(), r: make(), rm: make(), rr: make() };
}

/** The sums of an angle from the Gram matrix of …, 1, M, r, with 1 at index `one`. */
function storeSums(sums: AngleSums, a: number, gram: Float64Array, size: number, one: number): void {
  const at = (k: number, l: number): number => gram[(one + k) * size + one + l]!;
  sums.points[a] = at(0, 0);
  sums.m[a] = at(0, 1);
  sums.mm[a] = at(1, 1);
  sums.r[a] = at(0, 2);
  sums.rm[a] = at(1, 2);
  sums.rr[a] = at(2, 2);
}
