import { describe, expect, it } from 'vitest';
import { estimateNoise, givenNoise } from '../../src/data/noise.ts';
import { pairsOf } from '../../src/kernels/triangles.ts';
import { fillNormals, keyFromSeed } from '../../src/math/index.ts';

/** Triangles of signal(lag, age) plus white noise of a known σ per angle. */
function stack(frames: number, sigmas: number[], signal: (i: number, j: number) => number) {
  const pairs = pairsOf(frames);
  const values = new Float32Array(pairs * sigmas.length);
  sigmas.forEach((sigma, a) => {
    const normals = new Float64Array(pairs);
    fillNormals(keyFromSeed(100 + a), normals);
    for (let i = 0, at = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++, at++) values[a * pairs + at] = signal(i, j) + sigma * normals[at]!;
    }
  });
  return { frames, angles: sigmas.length, values, excluded: new Uint32Array(sigmas.length) };
}

const decay = (tau: number) => (i: number, j: number) => 1 + 0.3 * Math.exp(-(j - i) / tau);
/** Ageing and shear: a decay that slows down, times sinc². */
const shear = (i: number, j: number): number => {
  const x = 0.15 * (j - i);
  const rate = 1 / (5 + 0.1 * (i + j));
  return 1 + 0.3 * Math.exp(-(j - i) * rate) * (Math.sin(x) / x) ** 2;
};

describe('noise from second differences along lag', () => {
  it.each([
    ['a slow decay', decay(200)],
    ['a decay of ten frames', decay(10)],
    ['a decay of half a window', decay(75)],
    ['ageing under shear', shear],
    ['no signal', () => 1.02],
  ])('recovers σ within 2 %% under %s', (_, signal) => {
    const sigmas = [0.002, 0.01, 0.05];
    const { noise, warnings } = estimateNoise(stack(300, sigmas, signal));
    expect(warnings).toEqual([]);
    expect(noise.absolute).toBe(false);
    sigmas.forEach((sigma, a) => expect(Math.abs(noise.sigma[a]! / sigma - 1)).toBeLessThan(0.02));
  });

  it('is not moved by holes and a few wild values', () => {
    const data = stack(300, [0.01], decay(20));
    for (let k = 0; k < data.values.length; k += 50) data.values[k] = k % 100 === 0 ? NaN : 40;
    const { noise } = estimateNoise(data);
    expect(Math.abs(noise.sigma[0]! / 0.01 - 1)).toBeLessThan(0.06);
  });

  it.each([
    ['constant', () => 1.1],
    ['smooth to rounding', decay(3)],
    ['smooth and curved', decay(60)],
  ])('gives equal weights and a warning for data without noise: %s', (_, signal) => {
    const { noise, warnings } = estimateNoise(stack(120, [0, 0], signal));
    expect([...noise.sigma]).toEqual([1, 1]);
    expect(noise.source).toContain('equal weights');
    expect(warnings.map(({ code }) => code)).toEqual(['noise-not-measurable']);
  });

  it('gives equal weights to all angles if one cannot be measured, and names it', () => {
    const { noise, warnings } = estimateNoise(stack(100, [0.01, 0, 0.02], decay(40)));
    expect([...noise.sigma]).toEqual([1, 1, 1]);
    expect(warnings[0]?.text).toContain('angle 2');
    expect(warnings[0]?.text).not.toContain('angle 1');
  });

  it('has nothing to measure in a few frames', () => {
    expect(estimateNoise(stack(4, [0.01], decay(2))).warnings[0]?.code).toBe('noise-not-measurable');
  });

  it('is absolute only when the user says it', () => {
    expect(givenNoise(0.03, 2)).toEqual({
      sigma: Float64Array.of(0.03, 0.03),
      source: 'given by the user',
      absolute: true,
    });
  });
});
