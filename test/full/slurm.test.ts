/** The batch engine on a real Slurm passes the suites of all engines, and leaves nothing behind. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, slurm } from '../../src/parallel/engines/batch/index.ts';
import { describeConformance, type EngineUnderTest } from '../parallel/conformance-suite.ts';
import { describeFaults } from '../parallel/fault-suite.ts';
import { SlurmCluster, whyNoSlurm } from '../support/slurm.ts';

const missing = whyNoSlurm();

/** Two jobs at a time of one core each. */
function slurmEngine(portion: number): EngineUnderTest {
  let folder = '';
  let last = 0;
  return {
    name: 'slurm',
    portion,
    pace: 100,
    open: async () => {
      folder = await mkdtemp(join(tmpdir(), 'twotime-slurm-'));
      const cluster = await SlurmCluster.start({ nodes: 2 });
      return {
        [Symbol.asyncDispose]: async () => {
          const jobs = await cluster.jobsLeft();
          const files = await readdir(folder);
          await cluster[Symbol.asyncDispose]();
          await rm(folder, { recursive: true });
          expect({ jobs, files }).toEqual({ jobs: [], files: [] });
        },
      };
    },
    make: (options) =>
      new BatchEngine({
        dialect: slurm,
        site: { ...DEFAULT_CLUSTER, jobs: 2, memory: 450e6 },
        folder: join(folder, String(++last)),
        poll: { least: 2, most: 20 },
        heap: 32,
        ...options,
      }),
  };
}

if (missing !== null) console.warn(`\n*** the tests of the engine for Slurm are SKIPPED: ${missing}\n`);

describe.skipIf(missing !== null)('on a real Slurm', () => {
  describeConformance(slurmEngine(0.1));
  describeFaults(slurmEngine(0.1));
});
