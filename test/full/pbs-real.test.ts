/** The batch engine on a real PBS passes the suites of all engines, and leaves nothing behind. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, pbs } from '../../src/parallel/engines/batch/index.ts';
import { describeConformance, type EngineUnderTest } from '../parallel/conformance-suite.ts';
import { describeFaults } from '../parallel/fault-suite.ts';
import { pbsJobsLeft, processesIn, releasePbs, takePbs, WAIT_MILLISECONDS, whyNoPbs } from '../support/real-pbs.ts';

const missing = whyNoPbs();

/** Two jobs at a time of one core each. */
function pbsEngine(): EngineUnderTest {
  let folder = '';
  let last = 0;
  return {
    name: 'pbs',
    portion: 0.05,
    pace: 200,
    open: async () => {
      folder = await mkdtemp(join(tmpdir(), 'twotime-pbs-'));
      return {
        [Symbol.asyncDispose]: async () => {
          const jobs = await pbsJobsLeft();
          const files = await readdir(folder);
          const processes = processesIn(folder);
          await rm(folder, { recursive: true });
          expect({ jobs, files, processes }).toEqual({ jobs: [], files: [], processes: [] });
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

if (missing !== null) console.warn(`\n*** the tests of the engine on a real PBS are SKIPPED: ${missing}\n`);

describe.skipIf(missing !== null)('on a real PBS', () => {
  beforeAll(takePbs, WAIT_MILLISECONDS);
  afterAll(releasePbs);
  describeConformance(pbsEngine());
  describeFaults(pbsEngine());
});
