/** Uses the local pool in every way, good and bad, closes it, and prints what the process holds before and after. */
import { mkdirSync, readdirSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2]!;
enableCompileCache(join(folder, 'cache'));
const { KernelMemory, loadKernels } = await import('../../src/kernels/index.ts');
const { LocalEngine, TaskRunner, WorkerThreads } = await import('../../src/parallel/index.ts');
const tasks = await import('./tasks.ts');

const memory = new KernelMemory();
const kernels = await loadKernels();
let caches: (string | undefined)[] = [];

async function usePool(round: string): Promise<void> {
  await using threads = new WorkerThreads(memory, kernels, 3, { heap: 32 });
  await using backend = new TaskRunner(new LocalEngine(threads, { grace: 50, lease: 300 }));
  caches = [getCompileCacheDir(), await backend.submit(tasks.cacheTask, null)];
  const shared = await backend.share({ numbers: Float64Array.of(1, 2), counts: Uint32Array.of(3) });
  await backend.submit(tasks.sumOfSharedTask, { data: shared.ref, first: 0 });
  const fault = (name: string): { folder: string; times: number; value: number } => {
    const own = join(folder, `${round}-${name}`);
    mkdirSync(own);
    return { folder: own, times: 1, value: 1 };
  };
  const stop = new AbortController();
  const work = Promise.allSettled([
    backend.submit(tasks.exitTask, fault('exit')),
    backend.submit(tasks.hangTask, fault('hang')),
    backend.submit(tasks.exhaustTask, fault('exhaust')),
    backend.submit(tasks.trapTask, null),
    backend.submit(tasks.loopTask, null, { signal: stop.signal }),
  ]);
  setTimeout(() => stop.abort('enough'), 100);
  for await (const [index] of backend.map(tasks.doubleTask, [1, 2, 3, 4, 5, 6, 7, 8])) if (index > 2) break;
  await work;
  // Closed with work under way: the runner cancels it, then the threads end.
  backend.submit(tasks.loopTask, null).catch(() => undefined);
}

/** Kinds of resources that keep the process alive, open files, and threads of the system by name. */
function held(): unknown {
  const list = (name: string): string[] => (process.platform === 'linux' ? readdirSync(`/proc/self/${name}`) : []);
  return {
    resources: process.getActiveResourcesInfo().toSorted(),
    files: list('fd').length,
    threads: list('task').length,
  };
}

await usePool('first');
const before = held();
await usePool('second');
// Threads of the system are gone a moment after they were joined.
for (let k = 0; k < 100 && JSON.stringify(held()) !== JSON.stringify(before); k++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(JSON.stringify({ before, after: held(), caches }));
