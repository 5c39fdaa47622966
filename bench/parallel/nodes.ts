/**
 * One to four nodes of an engine: what a task costs that does nothing, and how evenly tasks that wait are spread. Waiting takes no
 * processor, so nodes that are processes of one machine show what the engine itself loses.
 *
 *   node bench/parallel/nodes.ts slurm|pbs [--nodes 1,2,4] [--folder .]      with the scheduler that its commands reach
 *   TWOTIME_RAY_PYTHON=… node bench/parallel/nodes.ts ray [--nodes 1,2,4]    with a Ray of so many nodes that it starts
 *
 * Every job or slot takes one task at a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, pbs, slurm } from '../../src/parallel/engines/batch/index.ts';
import { RayEngine, RayPool } from '../../src/parallel/engines/ray/index.ts';
import { TaskRunner, type ExecutionBackend } from '../../src/parallel/index.ts';
import { doubleTask, waitTask } from './tasks.ts';

const EMPTY_TASKS = 500;
const WAITING_TASKS = 40;
const WAIT = 500;
const MEGABYTES_OF_JOB = 450;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string', default: '1,2,4' }, folder: { type: 'string', default: '.' } },
});
const engine = positionals[0];
if (engine !== 'slurm' && engine !== 'pbs' && engine !== 'ray') throw new Error('name an engine: slurm, pbs or ray');

for (const nodes of values.nodes.split(',').map(Number)) {
  const began = performance.now();
  await using opened = await open(nodes);
  const { backend } = opened;
  await Promise.all(
    Array.from({ length: nodes }, (_, k) => backend.submit(waitTask, { milliseconds: WAIT, number: -k })),
  );
  const ready = performance.now() - began;
  const empty = await milliseconds(numbers(EMPTY_TASKS).map((k) => () => backend.submit(doubleTask, k)));
  const waiting = await milliseconds(
    numbers(WAITING_TASKS).map((number) => () => backend.submit(waitTask, { milliseconds: WAIT, number })),
  );
  const ideal = Math.ceil(WAITING_TASKS / nodes) * WAIT;
  console.log(
    `${engine}, ${nodes} nodes: ready after ${(ready / 1000).toFixed(1)} s; ${(empty / EMPTY_TASKS).toFixed(2)} ms per task that does nothing; ` +
      `${WAITING_TASKS} tasks of ${WAIT} ms in ${(waiting / 1000).toFixed(2)} s, ${((100 * ideal) / waiting).toFixed(0)} % of what ${nodes} nodes can do`,
  );
}

async function open(nodes: number): Promise<AsyncDisposable & { readonly backend: ExecutionBackend }> {
  await using owned = new AsyncDisposableStack();
  const backend = engine === 'ray' ? await openRay(nodes, owned) : openBatch(nodes, owned);
  owned.use(backend);
  const kept = owned.move();
  return { backend, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function openBatch(nodes: number, owned: AsyncDisposableStack): TaskRunner {
  const folder = mkdtempSync(join(resolve(values.folder), 'bench-nodes-'));
  owned.defer(() => rmSync(folder, { recursive: true }));
  return new TaskRunner(
    new BatchEngine({
      dialect: engine === 'slurm' ? slurm : pbs,
      site: { ...DEFAULT_CLUSTER, jobs: nodes, memory: MEGABYTES_OF_JOB * 1e6 },
      folder: join(folder, 'work'),
      tasksPerHost: 1,
    }),
  );
}

async function openRay(nodes: number, owned: AsyncDisposableStack): Promise<TaskRunner> {
  const python = process.env['TWOTIME_RAY_PYTHON'] ?? 'python3';
  const script = join(import.meta.dirname, '../../test/full/python/ray_nodes.py');
  const environment = { ...process.env, RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER: '0', RAY_USAGE_STATS_ENABLED: '0' };
  const cluster = spawn(python, [script, String(nodes)], { stdio: ['pipe', 'pipe', 'ignore'], env: environment });
  owned.defer(async () => {
    cluster.stdin.end();
    if (cluster.exitCode === null) await once(cluster, 'exit');
  });
  const [line] = (await once(createInterface(cluster.stdout), 'line')) as [string];
  const pool = await RayPool.open({ python, address: line.split(' ')[0]!, environment, workers: null });
  owned.use(pool);
  return new TaskRunner(new RayEngine(pool));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, k) => k);
}

/** All at once. */
async function milliseconds(work: readonly (() => Promise<unknown>)[]): Promise<number> {
  const started = performance.now();
  await Promise.all(work.map((task) => task()));
  return performance.now() - started;
}
