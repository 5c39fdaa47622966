/**
 * Bench of the parallel layer: fork and join, task overhead, speed-up of sweeps from 10⁵ to 10⁸ points, from memory and
 * from a file, memory.
 *
 *   npm run bench:parallel [-- WORKERS]        (default 2)
 *
 * One thread and several take turns within each round, and a speed-up is the median over rounds of the ratio within the
 * round. The last lines are a model, not a measurement: the serial share is measured here, what a larger machine does with
 * it is Amdahl's law.
 */
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CompiledEngine,
  createKernelSweeps,
  createSweeps,
  instantiateKernels,
  KernelMemory,
  loadKernels,
  pairsOf,
  type Sweeps,
} from '../../src/kernels/index.ts';
import { StoredTriangleFile } from '../../src/data/triangle-file.ts';
import { bindModel, makeTimeGrid } from '../../src/model/index.ts';
import { LocalEngine, TaskRunner, ThreadedExecutor, WorkerThreads } from '../../src/parallel/index.ts';
import { doubleTask } from './tasks.ts';

const WINDOW_BYTES = 32e6;
const workers = Number(process.argv[2] ?? 2);
const ROUNDS = 25;
const SIZES = [
  [450, 1],
  [1000, 2],
  [1000, 20],
  [2000, 50],
] as const;
const VALUES = {
  D0: 19230,
  alpha: -1.063,
  D_offset: 879,
  gamma_dot_t0: 2e-3,
  beta: -0.3,
  gamma_dot_t_offset: 2e-4,
  phi0: 4,
};

const memory = new KernelMemory();
const kernels = await loadKernels();

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function microseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) * 1000;
}

interface Problem {
  /** One adjoint sweep by one thread, by all, and by all with the data in a file. */
  readonly one: () => Promise<unknown>;
  readonly all: () => Promise<unknown>;
  readonly fromFile: () => Promise<unknown>;
  /** The data once through the windows, nothing computed. */
  readonly reading: () => Promise<unknown>;
  readonly close: () => void;
}

/** Sweeps over the same made-up data by one thread and by all. */
function problem(threads: WorkerThreads, frames: number, angles: number): Problem {
  const values = memory.float32(pairsOf(frames) * angles);
  for (let k = 0; k < values.length; k++) values[k] = 1 + ((k * 7919) % 1000) / 4000;
  const data = { frames, angles, values, excluded: new Uint32Array(angles) };
  const phi = Float64Array.from({ length: angles }, (_, a) => -80 + (160 * a) / angles);
  const grid = makeTimeGrid(
    0.1,
    0,
    Float64Array.from({ length: frames }, (_, k) => k + 1),
  );
  const model = bindModel({ mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6, phi, grid });
  const physics = model.physics(VALUES);
  const one = new Float64Array(angles).fill(1);
  const scaling = { contrast: one.map(() => 0.3), offset: one, weight: one };
  const adjoint = (sweeps: Sweeps) => (): Promise<unknown> => sweeps.adjoint(physics, scaling, {});
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data);
  const file = StoredTriangleFile.create(tmpdir(), values.length);
  file.write(0, values);
  file.seal();
  const stored = { frames, angles, excluded: data.excluded, file };
  const options = { windowBytes: WINDOW_BYTES };
  const windowed = new CompiledEngine(instantiateKernels(kernels, memory), memory, stored, options);
  return {
    one: adjoint(createKernelSweeps(kernels, memory, data)),
    all: adjoint(createSweeps(new ThreadedExecutor(engine, threads))),
    fromFile: adjoint(createSweeps(new ThreadedExecutor(windowed, threads))),
    reading: async () => {
      for await (const window of windowed.windows.pass()) if (window.end === 0) break;
    },
    close: () => file.close(),
  };
}

// As the program does: scripts of threads are compiled once, not at every start. The second start of this bench counts.
enableCompileCache(path.join(import.meta.dirname, '../../node_modules/.cache/twotime'));
const started = performance.now();
await using threads = new WorkerThreads(memory, kernels, workers);
await threads.start(workers - 1);
console.log(
  `pool of ${workers} (this thread and ${workers - 1} more) ready after ${(performance.now() - started).toFixed(0)} ms`,
);

const empty = problem(threads, 3, 1);
for (let k = 0; k < 200; k++) await empty.one();
const lone: number[] = [];
const forked: number[] = [];
for (let k = 0; k < 500; k++) {
  lone.push(await microseconds(empty.one));
  forked.push(await microseconds(empty.all));
}
empty.close();
console.log(`fork and join of an empty sweep: ${(median(forked) - median(lone)).toFixed(1)} µs more than without`);

console.log('    points   one thread          all   speed-up     from file   of memory + reading    memory');
let serialShare = 0;
for (const [frames, angles] of SIZES) {
  const mark = memory.mark();
  const { one, all, fromFile, reading, close } = problem(threads, frames, angles);
  const points = pairsOf(frames) * angles;
  const rounds = Math.max(5, Math.min(ROUNDS * 8, Math.round(4e8 / points / 10)));
  const single: number[] = [];
  const several: number[] = [];
  const files: number[] = [];
  const shares: number[] = [];
  for (let k = -2; k < rounds; k++) {
    const alone = await microseconds(one);
    const shared = await microseconds(all);
    const stored = await microseconds(fromFile);
    const read = await microseconds(reading);
    if (k < 0) continue;
    single.push(alone);
    several.push(shared);
    files.push(stored);
    shares.push(stored / (shared + read));
  }
  const speedUp = median(single.map((time, k) => time / several[k]!));
  serialShare = (workers / speedUp - 1) / (workers - 1);
  console.log(
    `${String(points).padStart(10)} ${median(single).toFixed(0).padStart(9)} µs ${median(several).toFixed(0).padStart(8)} µs   ${speedUp.toFixed(2).padStart(8)} ${median(files).toFixed(0).padStart(10)} µs   ${median(shares).toFixed(2).padStart(19)} ${(process.memoryUsage.rss() / 1e6).toFixed(0).padStart(6)} MB`,
  );
  close();
  memory.release(mark);
}

await threads.start();
const backend = new TaskRunner(new LocalEngine(threads));
await backend.submit(doubleTask, 1);
const tasks = 2000;
const elapsed = await microseconds(async () => {
  for await (const [index, output] of backend.map(
    doubleTask,
    Array.from({ length: tasks }, (_, k) => k),
  )) {
    if (output !== 2 * index) throw new Error('a task gave a wrong result');
  }
});
console.log(`task overhead: ${(elapsed / tasks).toFixed(0)} µs per task (${tasks} tasks of nothing)`);
console.log(`peak memory of all threads: ${((process.resourceUsage().maxRSS * 1024) / 1e6).toFixed(0)} MB`);
console.log(
  `model (Amdahl, serial share ${(100 * Math.max(0, serialShare)).toFixed(1)} % measured at the largest size): ` +
    [8, 32].map((n) => `${n} cores ${(1 / (serialShare + (1 - serialShare) / n)).toFixed(1)}×`).join(', '),
);
await backend.shutdown();
