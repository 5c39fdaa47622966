/** The Ray engine passes the suites of all engines, on a real Ray of this machine. */
import { describe } from 'vitest';
import { RayEngine } from '../../src/parallel/engines/ray/ray-engine.ts';
import { RayPool } from '../../src/parallel/engines/ray/ray-pool.ts';
import { describeConformance } from '../parallel/conformance-suite.ts';
import { describeFaults } from '../parallel/fault-suite.ts';
import { findRealRay } from '../support/real-ray.ts';

const ray = findRealRay('the Ray engine');

describe.skipIf(ray === null)('on a real Ray', () => {
  let pool: RayPool;
  const subject = {
    name: 'ray',
    open: async () => (pool = await RayPool.open({ python: ray!.python, address: 'local', workers: 2, heap: 32 })),
    make: (limits: { readonly grace?: number; readonly lease?: number }) => new RayEngine(pool, limits),
    portion: 0.2,
  };
  describeConformance(subject);
  describeFaults(subject);
});
