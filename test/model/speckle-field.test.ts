/** The field behind the model: K has the square M, fields can be drawn whatever the flow, and modes give any contrast. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bindModel,
  fieldCorrelation,
  makeTimeGrid,
  modeWeights,
  pairValue,
  physicsFromZero,
  simulate,
  simulateSpeckle,
  simulateSpeckleAngle,
  speckleField,
  type Physics,
} from '../../src/model/index.ts';
import { slowFlow, slowStatic } from './speckle-physics.ts';

/** L of a factored field, row-major. */
function unpackedFactor(physics: Physics): Float64Array {
  const field = speckleField(physics, 0);
  if (field.kind !== 'factored') throw new Error('the field has no factor');
  const frames = physics.c.length;
  const lower = new Float64Array(frames * frames);
  for (let i = 0; i < frames; i++) {
    const p = i >> 2;
    for (let k = 0; k <= i; k++) lower[i * frames + k] = field.factor[8 * p * (p + 1) + 4 * k + (i & 3)]!;
  }
  return lower;
}

/** The largest differences of L·Lᵀ from K: on the diagonal, where the jitter is, and off it. */
function errorsOfFactor(physics: Physics): { readonly diagonal: number; readonly pairs: number } {
  const frames = physics.c.length;
  const lower = unpackedFactor(physics);
  let [diagonal, pairs] = [0, 0];
  for (let i = 0; i < frames; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k <= j; k++) product += lower[i * frames + k]! * lower[j * frames + k]!;
      const error = Math.abs(product - fieldCorrelation(physics, 0, j, i));
      if (i === j) diagonal = Math.max(diagonal, error);
      else pairs = Math.max(pairs, error);
    }
  }
  return { diagonal, pairs };
}

describe('the field correlation', () => {
  it.each(['published', 'homodyne2'] as const)('squared is the model: %s', (convention) => {
    const physics = slowFlow(40, convention);
    const { kappa, c, g, h } = physics;
    // The softening of homodyne2 changes x² by h²·1e-12.
    const limit = convention === 'published' ? 1e-14 : h[0]! ** 2 * 1e-12 + kappa * 1e-6;
    expect(limit).toBeLessThan(1e-5);
    for (let j = 1; j < 40; j++) {
      const m = pairValue(convention, kappa, c[j]! - c[0]!, g![j]! - g![0]!, h[0]!);
      expect(Math.abs(fieldCorrelation(physics, 0, 0, j) ** 2 - m)).toBeLessThan(limit);
    }
  });

  it('has the sign of the sinc in the published convention', () => {
    const physics = slowFlow(40);
    const values = Array.from({ length: 39 }, (_, k) => fieldCorrelation(physics, 0, 0, k + 1));
    expect(Math.min(...values)).toBeLessThan(-0.01);
  });

  it('of a Markov field is the product of its steps', () => {
    const physics = slowStatic(30);
    const field = speckleField(physics, 0);
    if (field.kind !== 'markov') throw new Error('a static sample needs no factor');
    let product = 1;
    for (let k = 1; k < 30; k++) {
      product *= field.keep[k]!;
      expect(product).toBeCloseTo(fieldCorrelation(physics, 0, 0, k), 14);
      expect(field.keep[k]! ** 2 + field.renew[k]! ** 2).toBeCloseTo(1, 14);
    }
  });

  it('can be factored for any flow, also where it is singular to rounding', () => {
    const grid = makeTimeGrid(
      0.1,
      0,
      Float64Array.from({ length: 60 }, (_, k) => k + 1),
    );
    const experiment = { mode: 'laminar_flow', q: 0.01, gap: 1e6, phi: Float64Array.of(10), grid } as const;
    const flow = fc.record({
      D0: fc.constantFrom(0, 1e-6, 1, 1e3, 1e6),
      alpha: fc.double({ min: -2, max: 2, noNaN: true }),
      D_offset: fc.constantFrom(0, 1e-3, 100, -100),
      gamma_dot_t0: fc.constantFrom(1e-9, 1e-6, 1e-4, 1e-2, 1),
      beta: fc.double({ min: -2, max: 2, noNaN: true }),
      gamma_dot_t_offset: fc.constantFrom(0, -1e-3, 1e-5),
      phi0: fc.double({ min: -30, max: 30, noNaN: true }),
    });
    const conventions = fc.constantFrom('published', 'homodyne2');
    fc.assert(
      fc.property(flow, conventions, (values, convention) => {
        const physics = bindModel({ ...experiment, convention }).physics(values);
        if (speckleField(physics, 0).kind !== 'factored') return;
        const { diagonal, pairs } = errorsOfFactor(physics);
        expect(diagonal).toBeLessThan(2e-10);
        expect(pairs).toBeLessThan(1e-12);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('is lost at a frame from which infinitely much happens', () => {
    const request = {
      experiment: { mode: 'laminar_flow', convention: 'published', q: 0.01, gap: 1e6, phi: Float64Array.of(0) },
      dt: 0.1,
      frames: 12,
      values: { D0: 10, alpha: -1.2, D_offset: 0, gamma_dot_t0: 1e-5, beta: -1.5, gamma_dot_t_offset: 0, phi0: 0 },
    } as const;
    const physics = physicsFromZero(request);
    expect(physics.c[0]).toBe(-Infinity);
    expect(fieldCorrelation(physics, 0, 0, 3)).toBe(0);
    const scaling = { contrast: Float64Array.of(0.5), offset: Float64Array.of(1) };
    const noise = { kind: 'speckle', speckles: 5000, photons: null } as const;
    const matrix = simulate({ ...request, ...scaling, noise, seed: 2 }).matrix(0);
    expect(matrix.every(Number.isFinite)).toBe(true);
    // Standard error contrast/√M.
    expect(Math.abs(matrix[5]! - 1)).toBeLessThan(0.035);
    expect(matrix[12 + 2]).toBeGreaterThan(1.3);
  });
});

describe('the modes', () => {
  it('have weights with sum 1 and squares that add up to the contrast, as few as can be', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.002, max: 1, noNaN: true }), (contrast) => {
        const weights = modeWeights(contrast);
        expect(weights.length).toBeLessThan(1 / contrast + 1);
        expect(weights.every((w) => w >= -1e-12)).toBe(true);
        expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
        expect(weights.reduce((sum, w) => sum + w * w, 0)).toBeCloseTo(contrast, 12);
      }),
      { seed: 1 },
    );
    expect(Array.from(modeWeights(0.2))).toHaveLength(5);
    expect(Array.from(modeWeights(1 / 3))).toHaveLength(3);
  });
});

describe('a simulation of speckle', () => {
  const options = { speckles: 100, contrast: 0.2, seed: 1 } as const;

  it('has noise of its own at every angle and for every seed', () => {
    const { values } = simulateSpeckle({ ...slowStatic(10), h: new Float64Array(2) }, options);
    expect(values.slice(0, 45)).not.toEqual(values.slice(45));
    expect(simulateSpeckle(slowStatic(10), { ...options, seed: 2 }).values).not.toEqual(values.slice(0, 45));
    expect(simulateSpeckle(slowStatic(10), options).values).toEqual(values.slice(0, 45));
  });

  it('is what `simulate` gives', () => {
    const request = {
      experiment: { mode: 'static', convention: 'published', q: 0.02, gap: null, phi: Float64Array.of(0, 45) },
      dt: 0.1,
      frames: 7,
      values: { D0: 500, alpha: 0, D_offset: 0 },
      contrast: Float64Array.of(0.3, 0.4),
      offset: Float64Array.of(1.1, 1),
      noise: { kind: 'speckle', speckles: 70, photons: 3 },
      seed: 8,
    } as const;
    const triangles = simulateSpeckle(physicsFromZero(request), { ...request, speckles: 70, photons: 3 }).values;
    for (const angle of [0, 1]) {
      const matrix = simulate(request).matrix(angle);
      expect(triangles[angle * 21]).toBe(Math.fround(matrix[1]!));
      expect(triangles[angle * 21 + 20]).toBe(Math.fround(matrix[6 * 7 + 5]!));
    }
  });

  it('refuses what it cannot draw', () => {
    const physics = slowStatic(5);
    expect(() => simulateSpeckle(physics, { ...options, speckles: 1 })).toThrow(/at least two/);
    expect(() => simulateSpeckle(physics, { ...options, contrast: 0 })).toThrow(/contrast above 0/);
    expect(() => simulateSpeckle(physics, { ...options, contrast: 1.01 })).toThrow(/contrast above 0/);
    expect(() => simulateSpeckle(physics, { ...options, contrast: [] })).toThrow(/no value/);
    expect(() => simulateSpeckle(physics, { ...options, photons: 0 })).toThrow(/photons is above 0/);
    expect(() => simulateSpeckle(physics, { ...options, photons: 1e-6 })).toThrow(/5 frames have no photon/);
    const speckle = { ...options, frames: 1, photons: null, angle: 0 };
    expect(() => simulateSpeckleAngle(physics, speckle, 1)).toThrow(/two frames/);
  });
});
