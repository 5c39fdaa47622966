/** The batch engine with a FAKE PBS passes the suites of all engines, and leaves nothing behind. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, pbs } from '../../src/parallel/engines/batch/index.ts';
import { describeFaults } from '../parallel/fault-suite.ts';
import { FakePbs } from '../support/fake-pbs-commands.ts';
import { describeConformance, type EngineUnderTest } from '../parallel/conformance-suite.ts';

/** Two jobs at a time. */
function pbsEngine(): EngineUnderTest {
  let folder = '';
  let last = 0;
  return {
    name: 'pbs (fake)',
    portion: 0.05,
    pace: 200,
    open: async () => {
      folder = await mkdtemp(join(tmpdir(), 'twotime-batch-'));
      const fake = await FakePbs.open();
      return {
        [Symbol.asyncDispose]: async () => {
          const jobs = await fake.left();
          const files = await readdir(folder);
          await fake[Symbol.asyncDispose]();
          await rm(folder, { recursive: true });
          expect({ jobs, files }).toEqual({ jobs: [], files: [] });
        },
      };
    },
    make: (options) =>
      new BatchEngine({
        dialect: pbs,
        site: { ...DEFAULT_CLUSTER, jobs: 2 },
        folder: join(folder, String(++last)),
        poll: { least: 2, most: 20 },
        heap: 32,
        ...options,
      }),
  };
}

describeConformance(pbsEngine());
describeFaults(pbsEngine());
