/** The Ray engine passes the suites of all engines, on a real Ray of this machine. */
import { describe, expect, it } from 'vitest';
import { createKernelSweeps, KernelMemory, loadKernels, pairsOf } from '../../src/kernels/index.ts';
import { distributeSweeps, TaskRunner } from '../../src/parallel/index.ts';
import { RayEngine, RayPool } from '../../src/parallel/engines/ray/index.ts';
import { describeConformance } from '../parallel/conformance-suite.ts';
import { describeFaults } from '../parallel/fault-suite.ts';
import { findRealRay } from '../support/real-ray.ts';

const rays = {
  newest: await findRealRay('the Ray engine', 'newest'),
  oldest: await findRealRay('the Ray engine', 'oldest'),
};

const WHICH = ['newest', 'oldest'] as const;

describe.each(WHICH.map((which) => ({ which, ray: rays[which] })))('on the $which Ray', ({ ray }) => {
  const python = ray?.python ?? '';
  let pool: RayPool;
  const subject = {
    name: 'ray',
    open: async () => (pool = await RayPool.open({ python, address: 'local', workers: 2, heap: 32 })),
    make: (limits: { readonly grace?: number; readonly lease?: number }) => new RayEngine(pool, limits),
    portion: 0.2,
  };
  describe.skipIf(ray === null)('the suites of all engines', () => {
    describeConformance(subject);
    describeFaults(subject);
  });

  describe.skipIf(ray === null)('sweeps over data in parts on its hosts', () => {
    it('have the bits of this thread', async () => {
      await using own = await RayPool.open({ python, address: 'local', workers: 2 });
      const backend = new TaskRunner(new RayEngine(own));
      const memory = new KernelMemory();
      const kernels = await loadKernels();
      const frames = 900;
      const values = memory.float32(2 * pairsOf(frames));
      for (let k = 0; k < values.length; k++) values[k] = 1 + ((k * 7919) % 1000) / 4000;
      const local = createKernelSweeps(kernels, memory, { frames, angles: 2, values, excluded: new Uint32Array(2) });
      const physics = {
        ...({ pairFunction: 'published', kappa: 3e-5, g: null } as const),
        c: Float64Array.from({ length: frames }, (_, k) => k),
        h: new Float64Array(2),
      };
      const one = Float64Array.of(1, 1);
      const scaling = { contrast: Float64Array.of(0.3, 0.2), offset: one, weight: one };
      await using distributed = await distributeSweeps(local, backend);
      expect(distributed.parts).toBeGreaterThan(4);
      const rounds = Array.from({ length: 5 }, () => distributed.sweeps.adjoint(physics, scaling, {}));
      for (const found of await Promise.all(rounds)) expect(found).toEqual(await local.adjoint(physics, scaling, {}));
    });
  });
});
