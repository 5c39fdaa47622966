/** `twotime simulate --noise speckle:M`: one file for any number of workers, and one clear line for what cannot be drawn. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { simulate, type SimulatedNoise } from '../../src/model/index.ts';
import { runSimulation } from '../../src/pipeline/simulate-run.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const experiment = { q: 0.0054, gap: 2e6, frames: 50, phi: [0, 90, 30] };
const values = {
  D0: 3000,
  alpha: -0.5,
  D_offset: 50,
  gamma_dot_t0: 2e-3,
  beta: -0.2,
  gamma_dot_t_offset: 0,
  phi0: 0,
};
const model = writeText(
  folder,
  'model.yaml',
  `model: laminar_flow
data: { q: 0.0054 1/Angstrom, gap: 200 um }
grid: { frames: 50, dt: 100 ms, phi: [0 deg, 90 deg, 30 deg] }
parameters:
  D0: { value: 3000 Angstrom^2/s }
  alpha: { value: -0.5 }
  D_offset: { value: 50 Angstrom^2/s }
  gamma_dot_t0: { value: 2e-3 1/s }
  beta: { value: -0.2 }
  gamma_dot_t_offset: { value: 0 1/s }
  phi0: { value: 0 deg }
scaling: { contrast: 0.2, offset: [1, 1.01, 0.99] }
`,
);

/** c2 of an NPZ the command wrote: its numbers begin behind the header of that member. */
function readMatrices(file: string, count: number): Float64Array {
  const bytes = readFileSync(file);
  const header = bytes.indexOf('NUMPY', bytes.indexOf('c2_exp.npy'));
  const start = bytes.indexOf('\n', header) + 1;
  return new Float64Array(Uint8Array.from(bytes.subarray(start, start + 8 * count)).buffer);
}

describe('speckle noise', () => {
  it('is the same file for 1, 2 and 3 workers', async () => {
    // Four groups an angle, the last of them not whole.
    const noise = ['--noise', 'speckle:1800', '--seed', '3'];
    const files: Buffer[] = [];
    for (const workers of ['1', '2', '3']) {
      const file = join(folder, `workers-${workers}.npz`);
      const { code, err } = await twotime('simulate', '-c', model, '-o', file, ...noise, '--workers', workers);
      expect(code, err.join()).toBe(0);
      files.push(readFileSync(file));
    }
    expect(files[1]!.equals(files[0]!)).toBe(true);
    expect(files[2]!.equals(files[0]!)).toBe(true);
  });

  it('is what the model gives in one thread', async () => {
    const file = join(folder, 'single.npz');
    const speckles = 600;
    expect((await twotime('simulate', '-c', model, '-o', file, '--noise', `speckle:${speckles}`)).code).toBe(0);
    const { matrix } = simulate({
      experiment: {
        ...experiment,
        mode: 'laminar_flow',
        convention: 'published',
        phi: Float64Array.from(experiment.phi),
      },
      dt: 0.1,
      frames: 50,
      values,
      contrast: new Float64Array(3).fill(0.2),
      offset: Float64Array.of(1, 1.01, 0.99),
      noise: { kind: 'speckle', speckles, photons: null },
      seed: 1,
    });
    const written = readMatrices(file, 7500);
    for (const angle of [0, 1, 2]) {
      expect(written.slice(2500 * angle, 2500 * (angle + 1))).toEqual(matrix(angle));
    }
    expect(Math.abs(written[50 * 20 + 21]! - 1.19)).toBeLessThan(0.1);
  });

  it('is written with its truth, photons and all', async () => {
    const file = join(folder, 'photons.h5');
    const noise = ['--noise', 'speckle:100', '--photons', '2.5'];
    const { code, out } = await twotime('simulate', '-c', model, '-o', file, ...noise, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ noise: { kind: 'speckle', speckles: 100, photons: 2.5 }, seed: 1 });
    const again = await twotime('simulate', '-c', model, '-o', file, ...noise, '--force');
    expect(again.err.join()).toContain('noise speckle:100, 2.5 photons per speckle and frame, seed 1');
  });

  it.each([
    [64, 'a whole number M of at least 2', ['--noise', 'speckle:1']],
    [64, 'a whole number M of at least 2', ['--noise', 'speckle:2.5']],
    [64, 'a whole number M of at least 2', ['--noise', 'speckle']],
    [64, 'a whole number M of at least 2', ['--noise', 'speckle:10:3']],
    [64, 'above 0', ['--noise', 'speckle:10', '--photons', '0']],
    [64, 'above 0', ['--noise', 'speckle:10', '--photons', 'many']],
    [64, '--noise speckle:M', ['--noise', 'white:0.1', '--photons', '2']],
    [64, 'more --photons', ['--noise', 'speckle:10', '--photons', '1e-9']],
    [3, 'a contrast above 0 and at most 1', ['--noise', 'speckle:10', '--set', 'scaling.contrast=1.2']],
    [3, 'a contrast above 0 and at most 1', ['--noise', 'speckle:10', '--set', 'scaling.contrast=0']],
    [3, 'grid.frames', ['--noise', 'speckle:10', '--set', 'grid.frames=2']],
    [3, 'fewer frames', ['--noise', 'speckle:10', '--set', 'grid.frames=40000']],
  ] as const)('ends with code %s and says "%s": %j', async (code, help, options) => {
    const file = join(folder, 'refused.npz');
    const result = await twotime('simulate', '-c', model, '-o', file, ...options);
    expect(result.err.join('\n')).toContain(help);
    expect(result.err.filter((line) => line !== '')).toHaveLength(1);
    expect(result.code).toBe(code);
    expect(existsSync(file)).toBe(false);
  });

  it.each([1, 2])('stops when told to and leaves nothing behind, with %s workers', async (workers) => {
    const config = await loadConfig(model, { set: [`parallel.workers=${workers}`] });
    const noise: SimulatedNoise = { kind: 'speckle', speckles: 100_000, photons: null };
    const file = join(folder, 'stopped.npz');
    const stop = new AbortController();
    const done: number[] = [];
    const progress = (event: { kind: string; done?: number }): void => {
      if (event.kind === 'progress' && done.push(event.done ?? 0) === 3) stop.abort('enough');
    };
    const work = runSimulation(config, noise, file, { signal: stop.signal, progress });
    await expect(work).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(readdirSync(folder).filter((name) => name.includes('stopped'))).toEqual([]);
  });
});

it.each(['h5', 'npz'])(
  'a simulation without speckle stops between angles too, and leaves no %s behind',
  async (ending) => {
    const config = await loadConfig(model);
    const stop = new AbortController();
    const done: number[] = [];
    const progress = (event: { kind: string; done?: number }): void => {
      if (event.kind !== 'progress') return;
      done.push(event.done ?? 0);
      // As a signal of the system does, when this thread lets events through.
      setImmediate(() => stop.abort('enough'));
    };
    const file = join(folder, `halted.${ending}`);
    const work = runSimulation(config, { kind: 'none' }, file, { signal: stop.signal, progress });
    await expect(work).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(done.length).toBeLessThan(3);
    expect(readdirSync(folder).filter((name) => name.includes('halted'))).toEqual([]);
  },
);
