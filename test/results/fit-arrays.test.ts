import { valuesOf } from '../../src/kernels/index.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeNpy } from '../../src/data/npy.ts';
import type { NpyArray } from '../../src/data/npy.ts';
import { BackgroundWriter } from '../../src/data/index.ts';
import { NpzReader } from '../../src/data/npz-reader.ts';
import { decideArrays, fitArrays, putFitArrays } from '../../src/results/index.ts';
import { askPython, missingPython } from '../support/numpy.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 2, frames: 14, nan: 0.02, exclude: [4] });
const input = { dataset: fit.dataset, outcome: fit.outcome, sigma: fit.noise.sigma, shape: fit.shape };
const frames = fit.dataset.grid.times.length;
const folder = mkdtempSync(join(tmpdir(), 'twotime-arrays-'));
const path = join(folder, 'fit.npz');
const arrays = new Map<string, NpyArray>();

beforeAll(async () => {
  const files = new BackgroundWriter({ atOnce: 1, bytes: 1e6 }).group();
  await putFitArrays(files, folder, input, true);
  await files.written();
  const reader = new NpzReader(path, 'fit.npz');
  for (const entry of reader.entries.values()) {
    const bytes = reader.whole(entry);
    arrays.set(entry.name, decodeNpy(bytes, {}));
  }
  reader.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (name: string): Float64Array => arrays.get(name)!.values as Float64Array;

describe('fit.npz', () => {
  test('holds the parameters, their names and the covariance', () => {
    expect(arrays.get('theta_names')?.values).toEqual(fit.model.parameters);
    expect([...numbers('theta')]).toEqual(fit.outcome.parameters.map((one) => one.value));
    expect(arrays.get('covariance_speckle')?.header.shape).toEqual([11, 11]);
    expect(arrays.get('covariance_names')?.values).toEqual(fit.outcome.covariance.names);
    for (const kind of ['speckle', 'independent', 'dyadic'] as const) {
      expect(numbers(`covariance_${kind}`)).toEqual(fit.outcome.covariance[kind]);
    }
  });

  test('holds the axes and the noise', () => {
    expect(numbers('t')).toEqual(fit.dataset.grid.times);
    expect([...numbers('frames')]).toEqual([...fit.dataset.frameNumbers]);
    expect(numbers('phi')).toEqual(fit.dataset.phi);
    expect(numbers('sigma')).toEqual(fit.noise.sigma);
    expect(arrays.get('q')?.header.shape).toEqual([]);
    expect([...numbers('q')]).toEqual([0.00237]);
  });

  test('holds symmetric float32 matrices: NaN on the diagonal of the data, offset + contrast on that of the model', () => {
    for (const name of ['c2_exp', 'c2_model', 'residual']) {
      expect(arrays.get(name)?.header).toMatchObject({ dtype: 'f4', shape: [2, frames, frames] });
      const values = numbers(name);
      for (let a = 0; a < 2; a++) {
        const at = (i: number, j: number): number => values[(a * frames + i) * frames + j]!;
        const { contrast, offset } = fit.outcome.scaling[a]!;
        const diagonal = name === 'c2_model' ? Math.fround(offset.value + contrast.value) : Number.NaN;
        for (let i = 0; i < frames; i++) {
          expect(at(i, i)).toBe(diagonal);
          for (let j = 0; j < i; j++) expect(at(i, j)).toBe(at(j, i));
        }
      }
    }
  });

  test('holds what was fitted: pairs in place, model from the shape, residual their difference', () => {
    const [data, model, residual] = [numbers('c2_exp'), numbers('c2_model'), numbers('residual')];
    let excluded = 0;
    for (let a = 0; a < 2; a++) {
      const shape = fit.shape(a);
      const { contrast, offset } = fit.outcome.scaling[a]!;
      let p = 0;
      for (let i = 0; i < frames; i++) {
        for (let j = i + 1; j < frames; j++, p++) {
          const at = (a * frames + i) * frames + j;
          const y = valuesOf(fit.dataset.triangles)[a * shape.length + p]!;
          const m = offset.value + contrast.value * shape[p]!;
          expect(data[at]).toBe(y);
          expect(model[at]).toBe(Math.fround(m));
          expect(residual[at]).toBe(Math.fround(y - m));
          if (Number.isNaN(y)) excluded++;
        }
      }
    }
    expect(excluded).toBe(fit.dataset.excluded.nan);
    expect(excluded).toBeGreaterThan(0);
  });

  test('is read by numpy without pickle', (context) => {
    const reason = missingPython(['numpy']);
    if (reason !== null) context.skip(reason);
    const script = `
import json, sys, numpy as np
z = np.load(sys.argv[1])
r = z['c2_exp'] - z['c2_model']
print(json.dumps([list(z['theta_names']), list(z['c2_exp'].shape), str(z['c2_exp'].dtype), bool(np.nanmax(abs(r - z['residual'])) < 1e-6), float(z['dt'])]))`;
    expect(askPython(script, [path])).toEqual([fit.model.parameters, [2, frames, frames], 'float32', true, 0.1]);
  });
});

describe('the decision to write full arrays', () => {
  const large = { ...fit.dataset, triangles: { ...fit.dataset.triangles, frames: 4000 } };

  test('follows the size when left to the program, and says what is missing', () => {
    expect(decideArrays('auto', fit.dataset)).toEqual({ full: true, warning: null });
    const { full, warning } = decideArrays('auto', large);
    expect(full).toBe(false);
    expect(warning).toEqual({
      code: 'arrays-omitted',
      text: 'fit.npz holds no c2_exp, c2_model and residual: they would take 384 MB, more than 256 MB (set output.arrays: true to write them)',
    });
  });

  test('follows the user when told', () => {
    expect(decideArrays(true, large)).toEqual({ full: true, warning: null });
    expect(decideArrays(false, fit.dataset)).toEqual({ full: false, warning: null });
  });

  test('leaves the small arrays in place', () => {
    const names = fitArrays(input, false).map((member) => member.name);
    expect(names).toContain('covariance_speckle');
    expect(names).not.toContain('c2_exp');
  });
});
