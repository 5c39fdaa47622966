/** Simulated speckle against theory: the mean, the variance, and what pairs have in common. */
import { describe, expect, it } from 'vitest';
import { KernelMemory, loadKernels, speckleKernels } from '../../src/kernels/index.ts';
import { simulateSpeckle, simulateSpeckleAngle, type Physics, type SpeckleOptions } from '../../src/model/index.ts';
import { slowFlow, slowStatic } from './speckle-physics.ts';
import { speckleTheory } from './speckle-theory.ts';

const compiled = speckleKernels(await loadKernels(), new KernelMemory());

interface Pair {
  readonly i: number;
  readonly j: number;
}

function pairsOf(frames: number): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < frames; i++) for (let j = i + 1; j < frames; j++) pairs.push({ i, j });
  return pairs;
}

describe('the mean of c2', () => {
  it.each([
    ['static', slowStatic(24), 0, 0.2],
    ['static, one mode', slowStatic(24), 0, 1],
    ['static, weights that differ', slowStatic(24), 0, 0.7],
    ['static, homodyne2', slowStatic(24, 'homodyne2'), 0, 0.2],
    ['flow through zeros of the sinc', slowFlow(24), 0, 0.2],
    ['flow at another angle', slowFlow(24), 1, 0.2],
    ['flow, homodyne2', slowFlow(24, 'homodyne2'), 0, 0.2],
  ] as const)('is the model off the diagonal: %s', (_, physics, angle, contrast) => {
    const speckles = 30_000;
    const speckle = { frames: 24, speckles, contrast, photons: null, seed: 7, angle };
    const correlation = simulateSpeckleAngle(physics, speckle, 1, compiled(24));
    const theory = speckleTheory(physics, angle, contrast);
    let squares = 0;
    let worst = 0;
    for (const { i, j } of pairsOf(24)) {
      const z = (correlation.value(i, j) - theory.mean(i, j)) / Math.sqrt(theory.covariance(i, j, i, j) / speckles);
      squares += z * z;
      worst = Math.max(worst, Math.abs(z));
    }
    // 276 correlated pairs: beyond 4.5 standard errors once in 500 simulations; the bias of the normaliser is 0.01 of one.
    expect(worst).toBeLessThan(4.5);
    expect(squares / pairsOf(24).length).toBeLessThan(3);
    expect(squares / pairsOf(24).length).toBeGreaterThan(0.1);
  });

  it('is the model of `published` and `homodyne2` alike: K² = M', () => {
    for (const convention of ['published', 'homodyne2'] as const) {
      const physics = slowFlow(24, convention);
      const theory = speckleTheory(physics, 0, 0.3);
      const model = modelOf(physics);
      for (const { i, j } of pairsOf(24))
        expect(Math.abs(theory.mean(i, j) - 1 - 0.3 * model(i, j))).toBeLessThan(5e-6);
    }
  });

  it.each([1, 0.7, 0.5, 0.2, 0.05])('has the contrast %s at no lag', (contrast) => {
    const speckles = 20_000;
    const speckle = { frames: 3, speckles, contrast, photons: null, seed: 3, angle: 0 };
    const diagonal = simulateSpeckleAngle(slowStatic(3), speckle, 1, compiled(3)).value(1, 1) - 1;
    expect(Math.abs(diagonal - contrast)).toBeLessThan(4 * contrast * Math.sqrt(8 / speckles));
  });

  it('has the offset of the model, and the same noise and contrast whatever it is', () => {
    const options: SpeckleOptions = { speckles: 500, contrast: 0.2, seed: 5 };
    const plain = simulateSpeckle(slowStatic(20), options, compiled).values;
    const shifted = simulateSpeckle(slowStatic(20), { ...options, offset: 1.25 }, compiled).values;
    shifted.forEach((value, k) => expect(value - plain[k]!).toBeCloseTo(0.25, 6));
  });
});

describe('the covariance of c2', () => {
  it.each([
    ['of intensities', slowFlow(9), {}],
    ['of photon counts', slowStatic(9), { photons: 2 }],
  ] as const)('is that of Gaussian fields, for each pair and for pairs that share a frame: %s', (_, physics, extra) => {
    const speckles = 400;
    const sets = 500;
    const pairs = pairsOf(9);
    const count = pairs.length;
    const theory = speckleTheory(physics, 0, 0.2, 'photons' in extra ? extra.photons : Infinity);
    const sum = new Float64Array(count);
    const products = new Float64Array(count * count);
    const one = { ...physics, h: physics.h.slice(0, 1) };
    for (let seed = 0; seed < sets; seed++) {
      const { values } = simulateSpeckle(one, { speckles, contrast: 0.2, seed, ...extra }, compiled);
      const errors = pairs.map(({ i, j }, a) => values[a]! - theory.mean(i, j));
      for (let a = 0; a < count; a++) {
        sum[a] = sum[a]! + errors[a]! / sets;
        for (let b = a; b < count; b++) products[a * count + b] = products[a * count + b]! + errors[a]! * errors[b]!;
      }
    }
    const scores = { own: [] as number[], shared: [] as number[], apart: [] as number[] };
    const expected = (a: Pair, b: Pair): number => theory.covariance(a.i, a.j, b.i, b.j) / speckles;
    const ratios: number[] = [];
    for (let a = 0; a < count; a++) {
      for (let b = a; b < count; b++) {
        const [first, second] = [pairs[a]!, pairs[b]!];
        const measured = products[a * count + b]! / sets - sum[a]! * sum[b]!;
        const theirs = expected(first, second);
        const variance = expected(first, first) * expected(second, second) + theirs ** 2;
        const kind =
          a === b ? 'own' : first.i === second.i || first.j === second.j || first.j === second.i ? 'shared' : 'apart';
        scores[kind].push((measured - theirs) / Math.sqrt(variance / sets));
        if (kind === 'own') ratios.push(measured / theirs);
      }
    }
    expect(scores.own).toHaveLength(36);
    expect(scores.shared).toHaveLength(252);
    for (const kind of ['own', 'shared', 'apart'] as const) {
      // Pairs err together, so that the scores of all of them are worth a handful of independent ones.
      expect(Math.max(...scores[kind].map(Math.abs)), kind).toBeLessThan(5);
      const square = scores[kind].reduce((total, z) => total + z * z, 0) / scores[kind].length;
      expect(square, kind).toBeLessThan(4);
    }
    // √(2/500) is 0.063, were all pairs one.
    expect(Math.abs(ratios.reduce((total, ratio) => total + ratio, 0) / ratios.length - 1)).toBeLessThan(0.2);
    // The test would notice if correlations of pairs were left out, or counting were.
    const strongest = Math.max(
      ...pairs
        .slice(1)
        .map((pair) => expected(pairs[0]!, pair) / Math.sqrt(expected(pair, pair) * expected(pairs[0]!, pairs[0]!))),
    );
    expect(strongest).toBeGreaterThan('photons' in extra ? 0.1 : 0.5);
  });
});

/** M of the pair function without floors, for comparison. */
function modelOf({ kappa, c, g, h, pairFunction }: Physics): (i: number, j: number) => number {
  return (i, j) => {
    const x = h[0]! * (g![j]! - g![i]!);
    return Math.exp(-kappa * (c[j]! - c[i]!)) * (Math.sin(x) / x) ** (pairFunction === 'published' ? 2 : 4);
  };
}
