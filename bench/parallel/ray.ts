/**
 * Bench of the Ray engine: start, overhead per task, bandwidth of shared data.
 *
 *   TWOTIME_RAY_PYTHON=… node bench/parallel/ray.ts [ADDRESS]       (default: a Ray of this machine alone, two tasks at a time)
 */
import { TaskRunner } from '../../src/parallel/index.ts';
import { RayEngine, RayPool } from '../../src/parallel/engines/ray/index.ts';
import { doubleTask, lengthTask } from './tasks.ts';

const TASKS = 2000;
const ROUNDS = 5;
const MEGABYTES = 200;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const started = performance.now();
await using pool = await RayPool.open({
  python: process.env['TWOTIME_RAY_PYTHON'] ?? 'python3',
  address: process.argv[2] ?? 'local',
  workers: 2,
});
console.log(
  `Ray ${pool.facts.ray}, ${pool.slots} tasks at a time: ready after ${seconds(performance.now() - started)} s`,
);
await using backend = new TaskRunner(new RayEngine(pool));
for (let k = 0; k < 50; k++) await backend.submit(doubleTask, k);

const alone: number[] = [];
const together: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const inTurn = async (): Promise<void> => {
    for (let k = 0; k < TASKS / 10; k++) await backend.submit(doubleTask, k);
  };
  alone.push((10 * (await milliseconds(inTurn))) / TASKS);
  const all = (): Promise<unknown> =>
    Promise.all(Array.from({ length: TASKS }, (_, k) => backend.submit(doubleTask, k)));
  together.push((await milliseconds(all)) / TASKS);
}
console.log(`one task after the other: ${median(alone).toFixed(2)} ms each (rounds: ${list(alone)})`);
console.log(`as many at a time as there are slots: ${median(together).toFixed(2)} ms each (rounds: ${list(together)})`);

const values = new Float64Array((MEGABYTES * 1e6) / 8).fill(1);
const sharing = performance.now();
const shared = await backend.share({ values });
console.log(`${MEGABYTES} MB into the object store: ${seconds(performance.now() - sharing)} s`);
for (const time of ['first', 'second']) {
  const took = await milliseconds(() => backend.submit(lengthTask, shared.ref));
  console.log(`the ${time} task that reads them: ${seconds(took)} s`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function list(times: readonly number[]): string {
  return times.map((ms) => ms.toFixed(2)).join(', ');
}
