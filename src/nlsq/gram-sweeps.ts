/**
 * Sweeps whose sums are weighted inner products: the optimiser, the elimination of the scaling and the bounds then work on
 * the weighted cost ½ Σ_a w_a·⟨r, r⟩_a as they do on the ordinary one. `points` is ⟨1, 1⟩ here, `m` ⟨1, M⟩ and so on.
 */
import { Defect } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { readRows } from '../kernels/triangles.ts';
import type { AngleScaling, AngleSums, NormalSums, Sweeps } from '../kernels/sweep.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { ExecutionBackend } from '../parallel/protocol.ts';
import { eachAngle, type AngleWork } from './angle-work.ts';

/** What the inner products of one angle are asked of. */
export interface GramQuestion {
  readonly physics: Physics;
  readonly sensitivities: Sensitivities;
  readonly angle: number;
  readonly contrast: number;
  readonly offset: number;
  /** c2 of the pairs of this angle in triangle order. */
  readonly values: Float32Array;
}

const NO_SENSITIVITIES: Sensitivities = { c: [], g: [], h: [] };

/**
 * Sweeps over the data of `base`. `work` answers with the inner products of ∂M/∂θ_k, 1, M and r of one angle, shape
 * (K + 3, K + 3), to what `complete` makes of a question.
 */
export function gramSweeps<Question extends GramQuestion>(
  base: Sweeps,
  work: AngleWork<Question, Float64Array>,
  complete: (question: GramQuestion) => Question,
  threads: ExecutionBackend | null,
): Sweeps {
  const { data } = base;
  let count = 0;
  const pass = async (
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
    const ask = (angle: number, room: Float32Array | undefined): Question => {
      const [contrast, offset] = [scaling.contrast[angle]!, scaling.offset[angle]!];
      const values = readRows(data, angle, 0, data.frames, room);
      return complete({ physics, sensitivities, angle, contrast, offset, values });
    };
    for (const [a, gram] of (await eachAngle(work, data, ask, threads, context)).entries()) {
      const contrast = scaling.contrast[a]!;
      const at = (k: number, l: number): number => gram[k * size + l]!;
      const [one, m, r] = [columns, columns + 1, columns + 2];
      sum.points[a] = at(one, one);
      sum.m[a] = at(one, m);
      sum.mm[a] = at(m, m);
      sum.r[a] = at(one, r);
      sum.rm[a] = at(m, r);
      sum.rr[a] = at(r, r);
      const factor = scaling.weight[a]! * contrast ** 2;
      for (let k = 0; k < columns; k++) {
        d[a * columns + k] = at(k, one);
        md[a * columns + k] = at(k, m);
        rd[a * columns + k] = at(k, r);
        for (let l = 0; l < columns; l++) hessian[k * columns + l] = hessian[k * columns + l]! + factor * at(k, l);
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
    sums: (physics, scaling, context) => pass(physics, NO_SENSITIVITIES, scaling, context),
    slopes: pass,
    normal: pass,
    adjoint: () => Promise.reject(new Defect('a weighted sweep has no adjoint')),
    shape: (physics, angle) => base.shape(physics, angle),
  };
}

function emptySums(angles: number): AngleSums {
  const make = (): Float64Array => new Float64Array(angles);
  return { points: make(), m: make(), mm: make(), r: make(), rm: make(), rr: make() };
}
