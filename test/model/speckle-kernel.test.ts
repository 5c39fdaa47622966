/** One body of tests over both implementations of the arithmetic of speckle. */
import { describe, expect, it } from 'vitest';
import { KernelMemory, loadKernels, speckleKernels } from '../../src/kernels/index.ts';
import {
  referenceSpeckleKernel,
  simulateSpeckle,
  speckleField,
  type SpeckleKernel,
  type SpeckleOptions,
} from '../../src/model/index.ts';
import { slowFlow, slowStatic } from './speckle-physics.ts';

const compiled = speckleKernels(await loadKernels(), new KernelMemory());
const makers: Readonly<Record<string, (frames: number) => SpeckleKernel>> = {
  reference: referenceSpeckleKernel,
  compiled,
};

describe.each(Object.keys(makers))('the %s kernel', (name) => {
  const make = makers[name]!;

  it('draws circular fields: exponential intensity, correlated as K² between frames', () => {
    const physics = slowFlow(9);
    const field = speckleField(physics, 0);
    const kernel = make(9);
    const moments = { one: 0, two: 0, three: 0, across: 0 };
    const blocks = 150;
    for (let block = 0; block < blocks; block++) {
      kernel.intensities.fill(0);
      kernel.addMode(field, 1, { low: block, high: 5 });
      for (let m = 0; m < 64; m++) {
        const early = kernel.intensities[4 * m + 1]!;
        const late = kernel.intensities[2 * 256 + 4 * m]!;
        moments.one += early / (64 * blocks);
        moments.two += early ** 2 / (64 * blocks);
        moments.three += early ** 3 / (64 * blocks);
        moments.across += (early * late) / (64 * blocks);
      }
    }
    // ⟨Iⁿ⟩ = n!; standard errors of 9600 speckles: 0.010, 0.046, 0.27 and about 0.03.
    expect(Math.abs(moments.one - 1)).toBeLessThan(0.04);
    expect(Math.abs(moments.two - 2)).toBeLessThan(0.18);
    expect(Math.abs(moments.three - 6)).toBeLessThan(1.1);
    const strain = physics.h[0]! * (physics.g![8]! - physics.g![1]!);
    const k2 = Math.exp(-physics.kappa * (physics.c[8]! - physics.c[1]!)) * (Math.sin(strain) / strain) ** 2;
    expect(k2).toBeGreaterThan(0.1);
    expect(Math.abs(moments.across - 1 - k2)).toBeLessThan(0.12);
  });

  it('adds products of as many speckles as it is told', () => {
    const kernel = make(6);
    kernel.sums.fill(0);
    kernel.intensities.fill(0);
    for (let m = 0; m < 64; m++)
      for (let k = 0; k < 6; k++) kernel.intensities[256 * (k >> 2) + 4 * m + (k & 3)] = k + 1;
    kernel.addProducts(3);
    kernel.addProducts(64);
    // Tiles (0,0), (0,1), (1,1): frames 2 and 5 meet in the second one.
    expect(kernel.sums[16 + 4 * 2 + 1]).toBe(67 * 3 * 6);
    expect(kernel.sums[0]).toBe(67);
  });
});

it.each([
  ['without shear', slowStatic(150), {}],
  ['with shear', slowFlow(61), {}],
  ['with photons', slowStatic(10), { photons: 20 }],
  ['with a whole number of panels', slowFlow(12), { contrast: 0.7 }],
] as const)('gives the same bits %s', (_, physics, options) => {
  const request: SpeckleOptions = { speckles: 600, contrast: 0.2, seed: 11, ...options };
  const plain = simulateSpeckle(physics, request);
  expect(simulateSpeckle(physics, request, compiled)).toEqual(plain);
});
