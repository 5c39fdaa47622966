/** A driver to be killed: gives three slow tasks to two jobs of Slurm, or of the scheduler that the third word names. */
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, pbs, slurm } from '../../src/parallel/engines/batch/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { slowTask } from './slurm-tasks.ts';

const [work = '', folder = '', scheduler] = process.argv.slice(2);
const engine = new BatchEngine({
  dialect: scheduler === 'pbs' ? pbs : slurm,
  site: { ...DEFAULT_CLUSTER, jobs: 2, memory: 450e6 },
  folder: work,
  poll: { least: 5, most: 100 },
});
const backend = new TaskRunner(engine);
await Promise.all([1, 2, 3].map((value) => backend.submit(slowTask, { folder, ms: 6000, value })));
