/** The `Sweeps` contract over any executor of tiles: build the job, run it, give the flat result its names. */
import { Defect } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { SweepJob, TileExecutor } from './executor.ts';
import { parametersOf, SequentialExecutor } from './executor.ts';
import { ReferenceEngine } from './reference.ts';
import { ANGLE_SUMS, resultLayout } from './result-layout.ts';
import type { AdjointSums, AngleScaling, AngleSums, NormalSums, SlopeSums, Sweeps } from './sweep.ts';
import type { TriangleStack } from './triangles.ts';
import { pairsOf } from './triangles.ts';

/** Sweeps whose tiles are computed by `executor`; `points` per angle, shape (P): all that are not excluded if not said. */
export function createSweeps(executor: TileExecutor, points?: Float64Array): Sweeps {
  return new ExecutedSweeps(executor, points);
}

/** Sweeps by the plain-TypeScript twin in this thread: slow, for tests and for explaining results. */
export function createReferenceSweeps(data: TriangleStack): Sweeps {
  return createSweeps(new SequentialExecutor(new ReferenceEngine(data)));
}

class ExecutedSweeps implements Sweeps {
  readonly data: TriangleStack;
  readonly #executor: TileExecutor;
  readonly #points: Float64Array;
  #count = 0;

  constructor(executor: TileExecutor, points?: Float64Array) {
    this.#executor = executor;
    this.data = executor.data;
    const { frames, excluded } = this.data;
    this.#points = points ?? Float64Array.from(excluded, (count) => pairsOf(frames) - count);
  }

  get count(): number {
    return this.#count;
  }

  async sums(physics: Physics, scaling: AngleScaling, context: TaskContext): Promise<AngleSums> {
    const total = await this.#run({ kind: 'sums', physics, scaling, sensitivities: null }, context);
    return this.#angleSums(total);
  }

  async adjoint(physics: Physics, scaling: AngleScaling, context: TaskContext): Promise<AdjointSums> {
    const { frames, angles } = this.data;
    const total = await this.#run({ kind: 'adjoint', physics, scaling, sensitivities: null }, context);
    const layout = resultLayout('adjoint', frames, angles, 0);
    const sums = this.#angleSums(total);
    let cost = 0;
    for (let a = 0; a < angles; a++) cost += 0.5 * scaling.weight[a]! * sums.rr[a]!;
    return {
      ...sums,
      cost,
      c: total.slice(layout.c, layout.c + frames),
      g: physics.g === null ? null : total.slice(layout.g, layout.g + frames),
      h: total.slice(layout.h, layout.h + angles),
    };
  }

  async slopes(
    physics: Physics,
    sensitivities: Sensitivities,
    scaling: AngleScaling,
    context: TaskContext,
  ): Promise<SlopeSums> {
    const total = await this.#run({ kind: 'slopes', physics, scaling, sensitivities }, context);
    return this.#slopeSums('slopes', sensitivities, total);
  }

  async normal(
    physics: Physics,
    sensitivities: Sensitivities,
    scaling: AngleScaling,
    context: TaskContext,
  ): Promise<NormalSums> {
    const { frames, angles } = this.data;
    const total = await this.#run({ kind: 'normal', physics, scaling, sensitivities }, context);
    const { hessian } = resultLayout('normal', frames, angles, parametersOf(sensitivities));
    return { ...this.#slopeSums('normal', sensitivities, total), hessian: total.slice(hessian) };
  }

  shape(physics: Physics, angle: number): Float64Array {
    checkPhysics(this.data, physics);
    if (!Number.isInteger(angle) || angle < 0 || angle >= this.data.angles)
      throw new Defect(`there is no angle ${angle}`);
    return this.#executor.shape(physics, angle);
  }

  #run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    checkPhysics(this.data, job.physics);
    checkScaling(this.data, job.scaling);
    if (job.sensitivities !== null) checkSensitivities(this.data, job.physics, job.sensitivities);
    this.#count += 1;
    return this.#executor.run(job, context);
  }

  #slopeSums(kind: 'slopes' | 'normal', { c, g, h }: Sensitivities, total: Float64Array): SlopeSums {
    const { frames, angles } = this.data;
    const parameters = [...c, ...g, ...h].map(({ parameter }) => parameter);
    const layout = resultLayout(kind, frames, angles, parameters.length);
    const block = (at: number): Float64Array => total.slice(at, at + angles * parameters.length);
    return {
      ...this.#angleSums(total),
      parameters,
      d: block(layout.d),
      md: block(layout.md),
      rd: block(layout.rd),
    };
  }

  #angleSums(total: Float64Array): AngleSums {
    const column = (k: number): Float64Array =>
      Float64Array.from({ length: this.data.angles }, (_, a) => total[a * ANGLE_SUMS + k]!);
    return { points: this.#points.slice(), m: column(0), mm: column(1), r: column(2), rm: column(3), rr: column(4) };
  }
}

function checkPhysics(data: TriangleStack, physics: Physics): void {
  const { c, g, h } = physics;
  if (c.length !== data.frames || h.length !== data.angles || (g !== null && g.length !== data.frames)) {
    throw new Defect(`physics of ${c.length} frames and ${h.length} angles for ${data.frames} and ${data.angles}`);
  }
}

function checkScaling(data: TriangleStack, scaling: AngleScaling): void {
  for (const vector of [scaling.contrast, scaling.offset, scaling.weight]) {
    if (vector.length !== data.angles) throw new Defect(`scaling of ${vector.length} angles for ${data.angles}`);
  }
}

function checkSensitivities(data: TriangleStack, physics: Physics, sensitivities: Sensitivities): void {
  if (physics.g === null && sensitivities.g.length + sensitivities.h.length > 0) {
    throw new Defect('shear parameters have no effect in static mode and cannot be free');
  }
  const expected = { c: data.frames, g: data.frames, h: data.angles };
  for (const kind of ['c', 'g', 'h'] as const) {
    for (const { parameter, vector } of sensitivities[kind]) {
      if (vector.length !== expected[kind]) throw new Defect(`the sensitivity to ${parameter} has the wrong length`);
    }
  }
}
