/** Sweeps run where a pass was found to be quicker, and say why; the bits are the same. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { createKernelSweeps, instantiateKernels, KernelMemory, loadKernels, pairsOf } from '../../src/kernels/index.ts';
import { bindModel, makeTimeGrid } from '../../src/model/index.ts';
import { SequentialEngine, TaskRunner } from '../../src/parallel/index.ts';
import { distributeIfQuicker } from '../../src/pipeline/quickest-sweeps.ts';

const frames = 300;
const memory = new KernelMemory();
const kernels = await loadKernels();
const values = memory.float32(2 * pairsOf(frames)).map((_, k) => 1 + ((k * 7919) % 1000) / 4000);
const data = { frames, angles: 2, values: memory.float32(values.length), excluded: new Uint32Array(2) };
data.values.set(values);
const model = bindModel({
  ...({ mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6 } as const),
  phi: Float64Array.of(0, 40),
  grid: makeTimeGrid(
    0.1,
    0,
    Float64Array.from({ length: frames }, (_, k) => k + 1),
  ),
});

/** What is chosen when a pass takes so long here and there, ms. */
async function choose(here: number, there: number, workers = 8) {
  const backend = new TaskRunner(
    new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) }),
  );
  const cluster = new Proxy(backend, {
    get: (target, name) => {
      if (name === 'workers') return workers;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
  const told: string[] = [];
  const progress = (event: RunEvent): void => void (event.kind === 'log' && told.push(event.text));
  // Two looks at the clock per pass, two passes at each place.
  const times = [0, 1, 0, here, 0, 1, 0, there];
  const local = createKernelSweeps(kernels, memory, data);
  const chosen = await distributeIfQuicker(
    { local, threads: 2, model, backend: cluster, now: () => times.shift()! },
    { progress },
  );
  return { local, chosen, told: told.join(), backend };
}

describe('sweeps of a fit on a cluster', () => {
  it('run there when that saves a tenth of a pass, with the same bits', async () => {
    const { local, chosen, told } = await choose(400, 200);
    expect(told).toMatch(/^sweeps run on sequential: a pass takes 400 ms here and 200 ms in \d+ parts on 8 workers of/);
    const physics = model.physics({
      D0: 1e4,
      alpha: -0.5,
      D_offset: 10,
      gamma_dot_t0: 1e-3,
      beta: 0,
      gamma_dot_t_offset: 0,
      phi0: 0,
    });
    const one = Float64Array.of(1, 1);
    const scaling = { contrast: Float64Array.of(0.2, 0.3), offset: one, weight: one };
    expect(await chosen!.sweeps.adjoint(physics, scaling, {})).toEqual(await local.adjoint(physics, scaling, {}));
    await chosen![Symbol.asyncDispose]();
  });

  it('run here when it does not', async () => {
    const { chosen, told } = await choose(400, 380);
    expect(chosen).toBeNull();
    expect(told).toMatch(/^sweeps run here: a pass takes 400 ms here and 380 ms in/);
  });

  it('run here when a pass is too quick for messages, or when there are no more workers than threads', async () => {
    expect(await choose(30, 1)).toMatchObject({
      chosen: null,
      told: 'sweeps run here: a pass takes 30 ms, too little for messages to sequential',
    });
    expect(await choose(400, 1, 2)).toMatchObject({
      chosen: null,
      told: 'sweeps run here: 2 workers of sequential are no more than the 2 threads of this process',
    });
  });
});
