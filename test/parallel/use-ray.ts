/** Uses a Ray of this machine until it is killed: the Python is the first argument. Prints a line when tasks run. */
import { TaskRunner } from '../../src/parallel/index.ts';
import { RayEngine, RayPool } from '../../src/parallel/engines/ray/index.ts';
import { doubleTask, pauseTask } from './tasks.ts';

const pool = await RayPool.open({ python: process.argv[2]!, address: 'local', workers: 2 });
const backend = new TaskRunner(new RayEngine(pool));
await backend.submit(doubleTask, 1);
void backend.submit(pauseTask, { ms: 600_000, value: 1 });
console.log(JSON.stringify({ hosts: pool.hosts.map(({ pid }) => pid) }));
