/**
 * Bench of rounds over the jobs of a Slurm that is there: an empty round, and passes over the data in one stretch per job
 * beside a pass in one thread of this process.
 *
 *   node bench/parallel/rounds.ts [FRAMES] [JOBS] [CORES]       (default: 500 frames of 8 angles, 2 jobs of one core)
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { createKernelSweeps, KernelMemory, loadKernels, pairsOf, type Sweeps } from '../../src/kernels/index.ts';
import { bindModel, makeTimeGrid, physicalParameters } from '../../src/model/index.ts';
import { BatchEngine, slurm } from '../../src/parallel/engines/batch/index.ts';
import { distributeSweeps, TaskRunner } from '../../src/parallel/index.ts';
import { greetTask } from '../../src/pipeline/cluster/greet-task.ts';

const ANGLES = 8;
const ROUNDS = 40;
const [frames = 500, jobs = 2, cores = 1] = process.argv.slice(2).map(Number);
const points = ANGLES * pairsOf(frames);
const memory = new KernelMemory();
const values = memory.float32(points).map((_, k) => 1 + ((k * 7919) % 1000) / 4000);
const data = { frames, angles: ANGLES, values: memory.float32(points), excluded: new Uint32Array(ANGLES) };
data.values.set(values);
const model = bindModel({
  ...({ mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6 } as const),
  phi: Float64Array.from({ length: ANGLES }, (_, k) => 20 * k),
  grid: makeTimeGrid(
    0.1,
    0,
    Float64Array.from({ length: frames }, (_, k) => k + 1),
  ),
});
const names = physicalParameters('laminar_flow').map(({ name }) => name);
const one = new Float64Array(ANGLES).fill(1);
const local = createKernelSweeps(await loadKernels(), memory, data);
let asked = 0;

async function pass(sweeps: Sweeps): Promise<void> {
  // Others each time: what was asked before is not computed again.
  const at = { ...Object.fromEntries(names.map((name) => [name, 0])), D0: 1000 + ++asked, gamma_dot_t0: 1e-3 };
  const scaling = { contrast: one, offset: one, weight: one };
  await sweeps.normal(model.physics(at), model.sensitivities(at, names), scaling, {});
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let k = 0; k < count; k++) {
    const began = performance.now();
    await work();
    all.push(performance.now() - began);
  }
  return all;
}

function text(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  return `${at(0.5)} ms (fastest ${at(0)}, nine in ten below ${at(0.9)})`;
}

console.log(`${points} points: a pass in one thread here ${text((await times(10, () => pass(local))).slice(1))}`);
const folder = await mkdtemp('rounds-');
try {
  const engine = new BatchEngine({
    ...{ dialect: slurm, site: { ...DEFAULT_CLUSTER, jobs, cores, memory: 900e6 }, folder: join(folder, 'work') },
    ...{ tasksPerHost: 1, poll: { least: 2, most: 200 }, idle: 600 },
  });
  await using backend = new TaskRunner(engine);
  let number = 0;
  const greet = (wait: number): Promise<string[]> =>
    Promise.all(Array.from({ length: jobs }, () => backend.submit(greetTask, { number: ++number, wait })));
  console.log(`${new Set(await greet(3000)).size} jobs are there`);
  console.log(`a round in which nothing is computed: ${text(await times(ROUNDS, () => greet(0)))}`);
  const began = performance.now();
  await using rounds = await distributeSweeps(local, backend, { groups: { count: jobs, threads: cores } });
  const brought = performance.now() - began;
  const work: number[] = [];
  const [first = 0, ...others] = await times(ROUNDS, async () => {
    await pass(rounds.sweeps);
    work.push(rounds.lastWork());
  });
  console.log(
    `data written in ${brought.toFixed(0)} ms, read and computed with in the first round in ${first.toFixed(0)} ms`,
  );
  console.log(`a pass in ${rounds.parts} stretches: ${text(others)}; their work added up: ${text(work.slice(1))}`);
  const together = await times(5, () => Promise.all(Array.from({ length: 32 }, () => pass(rounds.sweeps))));
  console.log(`32 passes asked for together: ${text(together)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
