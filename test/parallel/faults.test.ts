/** Workers of the local pool fail in every way: results without faults or one clear error, and nothing is left behind. */
import { describeFaults } from './fault-suite.ts';
import { KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import { LocalEngine, WorkerThreads } from '../../src/parallel/index.ts';

const memory = new KernelMemory();
const kernels = await loadKernels();
let threads: WorkerThreads;

describeFaults({
  name: 'local',
  open: async () => {
    threads = new WorkerThreads(memory, kernels, 2, { heap: 32 });
    await threads.start();
    return threads;
  },
  make: (options) => new LocalEngine(threads, options),
});
