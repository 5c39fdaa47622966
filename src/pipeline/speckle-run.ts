/**
 * A speckle simulation spread over the cores: groups of speckles of all angles as tasks, their sums added in order.
 *
 * What a group computes and the order of the sums depend on the request alone, so the numbers are those of `simulate` in
 * one thread, bit by bit, for any number of workers.
 */
import { InputRefused, UsageRefused } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { ParallelConfig } from '../config/config.ts';
import { instantiateKernels, KernelMemory, loadKernels, speckleBytes, speckleSums } from '../kernels/index.ts';
import {
  GroupSum,
  modeWeights,
  SpeckleCorrelation,
  speckleGroups,
  sumsLength,
  type Physics,
  type SpeckleAngle,
  type SpeckleField,
} from '../model/index.ts';
import {
  LocalEngine,
  selectBackend,
  SequentialEngine,
  TaskRunner,
  WorkerThreads,
  type ExecutionBackend,
  type SharedData,
} from '../parallel/index.ts';
import { fieldTask, groupTask, type GroupInput } from './speckle-tasks.ts';
import { thisMachine } from './this-machine.ts';

export interface SpeckleRun {
  readonly physics: Physics;
  /** One per angle. */
  readonly speckles: readonly SpeckleAngle[];
  /** One per angle. */
  readonly offset: readonly number[];
}

/** Multiply–adds, some 0.3 s, below which threads cost more than they save. */
const WORTH_THREADS = 2e9;
/** About what one complex normal number costs, in multiply–adds. */
const DRAW_COST = 130;
const MOST_BYTES = 3.5 * 2 ** 30;

/**
 * Simulate all angles; yields their matrices in order. Only what is asked for is computed ahead of the consumer.
 *
 * Throws `UsageRefused` where a frame has no photon, `InputRefused` when the frames are too many for the kernels' memory,
 * `Cancelled`.
 */
export async function* runSpeckle(
  run: SpeckleRun,
  parallel: ParallelConfig,
  context: TaskContext,
): AsyncGenerator<SpeckleCorrelation, void, undefined> {
  const choice = selectBackend(parallel, thisMachine());
  // A number of workers that was asked for is used whatever it costs.
  const isFree = parallel.workers === 'auto' && parallel.backend === 'auto';
  const workers = isFree && costOf(run) < WORTH_THREADS ? 1 : choice.workers;
  const memory = new KernelMemory();
  const kernels = await loadKernels();
  if (workers === 1) {
    const surroundings = { memory: memory.memory, kernels: instantiateKernels(kernels, memory) };
    await using backend = new TaskRunner(new SequentialEngine(surroundings));
    yield* runAngles(run, backend, memory, context);
    return;
  }
  await using threads = new WorkerThreads(memory, kernels, workers);
  await using backend = new TaskRunner(new LocalEngine(threads));
  yield* runAngles(run, backend, memory, context);
}

function costOf({ physics, speckles }: SpeckleRun): number {
  const frames = physics.c.length;
  let cost = 0;
  for (const { speckles: count, contrast, angle } of speckles) {
    const perMode = isSheared(physics, angle) ? frames * frames : 0;
    cost += count * (frames * (frames / 2) + modeWeights(contrast).length * (perMode + DRAW_COST * frames));
  }
  return cost;
}

function isSheared({ g, h }: Physics, angle: number): boolean {
  return g !== null && h[angle] !== 0;
}

async function* runAngles(
  run: SpeckleRun,
  backend: ExecutionBackend,
  memory: KernelMemory,
  context: TaskContext,
): AsyncGenerator<SpeckleCorrelation, void, undefined> {
  const { physics, speckles, offset } = run;
  const frames = physics.c.length;
  const places = makePlaces(run, backend.workers, memory);
  const issued: GroupInput[] = [];
  await using fields = new FieldQueue(run, backend, context);

  async function* items(): AsyncGenerator<GroupInput, void, undefined> {
    for (const speckle of speckles) {
      const { kind, shared } = await fields.take(speckle.angle);
      for (let group = 0; group < speckleGroups(speckle.speckles); group++) {
        const input = { address: await places.take(), kind, field: shared.ref, speckle, group };
        issued.push(input);
        yield input;
      }
    }
  }

  const total = speckles.reduce((sum, { speckles: count }) => sum + speckleGroups(count), 0);
  const sums = new Map<number, { readonly sum: GroupSum; groups: number }>();
  let done = 0;
  let next = 0;
  const options = { ...context, window: places.count };
  for await (const [index] of backend.map(groupTask, items(), options)) {
    const { address, speckle, group } = issued[index]!;
    const entry = sums.get(speckle.angle) ?? { sum: new GroupSum(sumsLength(frames)), groups: 0 };
    sums.set(speckle.angle, entry);
    entry.sum.add(group, speckleSums(memory.memory, address, frames));
    entry.groups += 1;
    places.giveBack(address);
    done += 1;
    context.progress?.({
      kind: 'progress',
      stage: 'write',
      done,
      total,
      text: `speckle of angle ${speckle.angle + 1}`,
    });
    for (let first = speckles[next]; first !== undefined; first = speckles[++next]) {
      const ready = sums.get(first.angle);
      const groups = speckleGroups(first.speckles);
      if (ready?.groups !== groups) break;
      sums.delete(first.angle);
      await fields.release(first.angle);
      yield checkedCorrelation(ready.sum.total(groups), first, offset[next]!);
    }
  }
}

function checkedCorrelation(sums: Float64Array, speckle: SpeckleAngle, offset: number): SpeckleCorrelation {
  const correlation = new SpeckleCorrelation(sums, speckle.frames, offset);
  const { darkFrames } = correlation;
  if (darkFrames > 0) {
    const frames = `${darkFrames} of ${speckle.frames} frames of angle ${speckle.angle + 1}`;
    throw new UsageRefused(`no speckle counted a photon in ${frames}, so c2 is not defined there`, {
      help: 'simulate more --photons, or more speckles',
    });
  }
  return correlation;
}

/** The fields of the angles, each computed while the angle before it is simulated, and shared with the workers. */
class FieldQueue implements AsyncDisposable {
  readonly #run: SpeckleRun;
  readonly #backend: ExecutionBackend;
  readonly #context: TaskContext;
  readonly #shared = new Map<number, SharedData>();
  #ahead: { readonly angle: number; readonly field: Promise<SpeckleField> } | null = null;

  constructor(run: SpeckleRun, backend: ExecutionBackend, context: TaskContext) {
    this.#run = run;
    this.#backend = backend;
    this.#context = context;
  }

  async take(angle: number): Promise<{ readonly kind: SpeckleField['kind']; readonly shared: SharedData }> {
    const field = this.#ahead?.angle === angle ? this.#ahead.field : this.#start(angle);
    const { kind, ...arrays } = await field;
    const following = this.#run.speckles.find((speckle) => speckle.angle > angle)?.angle;
    this.#ahead = following === undefined ? null : { angle: following, field: this.#start(following) };
    const shared = await this.#backend.share(arrays);
    this.#shared.set(angle, shared);
    return { kind, shared };
  }

  async release(angle: number): Promise<void> {
    await this.#shared.get(angle)?.[Symbol.asyncDispose]();
    this.#shared.delete(angle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const angle of this.#shared.keys()) await this.release(angle);
  }

  #start(angle: number): Promise<SpeckleField> {
    const { physics } = this.#run;
    // Groups have cost 1: what they wait for goes first.
    const field = this.#backend.submit(fieldTask, { physics, angle }, { ...this.#context, cost: 2 });
    // A run that ends early leaves it without anybody who waits.
    field.catch(() => undefined);
    return field;
  }
}

/** Places in the kernel memory, each for one group at a time. */
class Places {
  readonly count: number;
  readonly #free: number[];
  readonly #waiting: ((address: number) => void)[] = [];

  constructor(addresses: readonly number[]) {
    this.count = addresses.length;
    this.#free = [...addresses];
  }

  /** Waits until one is given back when all are taken. */
  take(): Promise<number> {
    const address = this.#free.pop();
    if (address !== undefined) return Promise.resolve(address);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(address: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(address);
    else next(address);
  }
}

/** As many places as groups may be under way. */
function makePlaces({ physics }: SpeckleRun, workers: number, memory: KernelMemory): Places {
  const frames = physics.c.length;
  const bytes = speckleBytes(frames, physics.g === null ? 'markov' : 'factored');
  // One more than workers, so that none waits for this thread.
  const count = Math.min(workers + 1, Math.floor(MOST_BYTES / bytes));
  if (count === 0) {
    throw new InputRefused(`speckle of ${frames} frames needs ${(bytes / 2 ** 30).toFixed(1)} GiB of kernel memory`, {
      where: { key: 'grid.frames' },
      help: 'simulate fewer frames',
    });
  }
  return new Places(Array.from({ length: count }, () => memory.allocate(bytes)));
}
