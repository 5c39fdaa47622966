/**
 * Seconds to simulate speckle, by workers: one angle, 1000 frames, 10⁴ speckles, contrast 0.2, static and sheared.
 *
 *   node bench/speckle.ts [WORKERS…]        default: 1 2
 *
 * Goals on two cores: static below 5 s, sheared below 40 s. Starting the threads counts, writing a file does not.
 */
import { argv } from 'node:process';
import { physicsFromZero, type Mode } from '../src/model/index.ts';
import { runSpeckle } from '../src/pipeline/speckle-run.ts';

const FRAMES = 1000;
const SPECKLES = 10_000;
const CONTRAST = 0.2;
const DIFFUSION = { D0: 19230, alpha: -1.063, D_offset: 879 };
const SHEAR = { gamma_dot_t0: 1e-3, beta: -0.2, gamma_dot_t_offset: 1e-5, phi0: -6 };

const counts = argv.length > 2 ? argv.slice(2).map(Number) : [1, 2];
if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) {
  console.error('usage: node bench/speckle.ts [WORKERS…]');
  process.exit(64);
}

for (const mode of ['static', 'laminar_flow'] as const) {
  for (const workers of counts)
    console.log(`${mode}, ${workers} workers: ${(await seconds(mode, workers)).toFixed(2)} s`);
}

async function seconds(mode: Mode, workers: number): Promise<number> {
  const physics = physicsFromZero({
    experiment: { mode, convention: 'published', q: 0.0054, gap: 2e6, phi: Float64Array.of(0) },
    dt: 0.1,
    frames: FRAMES,
    values: { ...DIFFUSION, ...SHEAR },
  });
  const speckle = { frames: FRAMES, speckles: SPECKLES, contrast: CONTRAST, photons: null, seed: 1, angle: 0 };
  const parallel = { backend: 'auto', workers, fallback: 'warn', chunks: true, memory: 2e9 } as const;
  const started = performance.now();
  for await (const { darkFrames } of runSpeckle({ physics, speckles: [speckle], offset: [1] }, parallel, {})) {
    if (darkFrames > 0) throw new Error('speckle without light');
  }
  return (performance.now() - started) / 1000;
}
