/** R̂, effective sizes, Monte Carlo errors, E-BFMI and k̂ against ArviZ's on stored arrays, and what they flag. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { betaQuantile } from '../../src/bayes/distributions/gamma.ts';
import {
  normalCdf,
  normalInterval,
  normalQuantile,
  truncatedNormalQuantile,
} from '../../src/bayes/distributions/normal.ts';
import {
  energyFraction,
  essBulk,
  essMean,
  essQuantile,
  essTail,
  mcseMean,
  mcseQuantile,
  mcseSd,
  rHat,
  smoothWeights,
} from '../../src/bayes/diagnostics/index.ts';

/** Infinite and undefined values are stored as text. */
type Stored = number | string;
type Statistics = Readonly<Record<string, Stored | readonly Stored[]>>;
interface Reference {
  readonly draws: Readonly<Record<string, { chains: number[][]; old: Statistics; new: Statistics }>>;
  readonly weights: Readonly<
    Record<
      string,
      {
        logWeights: number[];
        old: { k: number; smooth: number[] };
        new: { k: number; tail: number; smooth: number[] };
      }
    >
  >;
  readonly functions: {
    normalCdf: [number, number][];
    normalQuantile: [number, number][];
    betaQuantile: [number, number, number, number][];
  };
}

const reference = JSON.parse(readFileSync(new URL('reference/arviz.json', import.meta.url), 'utf8')) as Reference;

function expectEqual(value: number, expected: Stored, tolerance = 1e-6): void {
  const wanted = Number(expected);
  if (!Number.isFinite(wanted)) expect(value).toBe(wanted);
  else expect(Math.abs(value - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1e-300, Math.abs(wanted)));
}

/** In ascending order, because equal raw weights may share out their smoothed ones in any way. */
function expectSameWeights(ours: Float64Array, expected: readonly number[]): void {
  const wanted = Float64Array.from(expected).sort();
  ours.toSorted().forEach((value, k) => expectEqual(value, wanted[k]!));
}

describe.each(Object.entries(reference.draws))('of the stored array "%s"', (_, { chains, old, new: recent }) => {
  const ours: Record<string, number> = {
    rhat: rHat(chains),
    essBulk: essBulk(chains),
    essTail: essTail(chains),
    essMean: essMean(chains),
    mcseMean: mcseMean(chains),
    mcseSd: mcseSd(chains),
  };
  for (const probability of [0.05, 0.5, 0.9]) {
    ours[`essQuantile ${probability}`] = essQuantile(chains, probability);
    ours[`mcseQuantile ${probability}`] = mcseQuantile(chains, probability);
  }

  test('every number is ArviZ 0.23’s', () => {
    for (const [name, value] of Object.entries(ours)) expectEqual(value, old[name] as Stored);
  });

  test('every number is ArviZ 1.x’s, which takes another effective size for the error of the sd', () => {
    const { mcseSd: error, ...others } = ours;
    for (const [name, value] of Object.entries(others)) expectEqual(value, recent[name] as Stored);
    const mean = chains.flat().reduce((sum, value) => sum + value, 0) / chains.flat().length;
    const squares = chains.map((draws) => draws.map((value) => (value - mean) ** 2));
    expectEqual(error! * Math.sqrt(essMean(squares) / essMean(chains)), recent['mcseSd'] as Stored);
  });

  test('E-BFMI of every chain is ArviZ’s', () => {
    chains.forEach((draws, c) => {
      const expected = (old['bfmi'] as readonly Stored[])[c]!;
      if (Number.isFinite(Number(expected))) expectEqual(energyFraction(draws), expected);
      else expect(Number.isFinite(energyFraction(draws))).toBe(false);
    });
  });
});

describe.each(Object.entries(reference.weights))(
  'of the stored weights "%s"',
  (_, { logWeights, old, new: recent }) => {
    const raw = Float64Array.from(logWeights);

    test('k̂ and the smoothed weights are ArviZ 0.23’s', () => {
      const smoothed = smoothWeights(raw);
      expectEqual(smoothed.kHat, old.k);
      expectSameWeights(smoothed.logWeights, old.smooth);
    });

    test('and with the tail length of ArviZ 1.x they are ArviZ 1.x’s', () => {
      const smoothed = smoothWeights(raw, recent.tail);
      expectEqual(smoothed.kHat, recent.k);
      expectSameWeights(smoothed.logWeights, recent.smooth);
    });
  },
);

describe('importance weights', () => {
  test('that are all equal have k̂ = −∞ and their full size', () => {
    const { kHat, effectiveSize } = smoothWeights(new Float64Array(200).fill(-3e4));
    expect(kHat).toBe(-Infinity);
    expect(effectiveSize).toBeCloseTo(200, 9);
  });

  test('with one that outweighs all others are not usable', () => {
    const raw = new Float64Array(200);
    raw[7] = 50;
    const { kHat, effectiveSize } = smoothWeights(raw);
    expect(kHat).toBe(Infinity);
    expect(effectiveSize).toBeCloseTo(1, 6);
  });

  test('of 0 stay 0', () => {
    const raw = Float64Array.from(reference.weights['normal']!.logWeights);
    raw[3] = -Infinity;
    expect(smoothWeights(raw).logWeights[3]).toBe(-Infinity);
  });
});

describe('chains that must not pass', () => {
  const { draws } = reference;

  test.each(['shifted chain', 'stuck chain', 'one narrow chain', 'correlated'])('%s: R̂ above 1.01', (name) => {
    expect(rHat(draws[name]!.chains)).toBeGreaterThan(1.05);
  });

  test('constant, too short, single or undefined ones have no R̂', () => {
    expect(rHat([new Float64Array(50), new Float64Array(50)])).toBeNaN();
    expect(
      rHat([
        [1, 2, 3],
        [2, 1, 3],
      ]),
    ).toBeNaN();
    expect(rHat([draws['independent']!.chains[0]!])).toBeNaN();
    expect(
      rHat([
        [1, 2, 3, NaN],
        [1, 2, 3, 4],
      ]),
    ).toBeNaN();
  });
});

describe('special functions agree with scipy', () => {
  test('the normal distribution and its inverse', () => {
    for (const [x, p] of reference.functions.normalCdf) expectEqual(normalCdf(x), p, 1e-12);
    for (const [p, x] of reference.functions.normalQuantile) expect(normalQuantile(p)).toBeCloseTo(x, 12);
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(1.1)]).toEqual([-Infinity, Infinity, NaN]);
  });

  test('intervals of the normal distribution keep their digits in the tails', () => {
    for (const [a, b] of [
      [-1, 2],
      [3.5, 4],
      [6, 6.5],
      [-5, -4.9],
      [-30, -29],
      [0.2, 50],
      [-1e-7, 1e-7],
    ] as const) {
      const { logMass, atLower, atUpper } = normalInterval(a, b);
      // Simpson's rule for φ relative to its value at the nearer end.
      const steps = 20000;
      const end = Math.abs(a) < Math.abs(b) ? a : b;
      const at = (x: number): number => Math.exp(0.5 * (end - x) * (end + x));
      let sum = at(a) + at(b);
      const width = (Math.min(b, a + 40) - a) / steps;
      for (let k = 1; k < steps; k++) sum += (k % 2 === 1 ? 4 : 2) * at(a + k * width);
      const mass = (sum * width) / 3;
      expect(logMass).toBeCloseTo(Math.log(mass) - 0.5 * end * end - 0.5 * Math.log(2 * Math.PI), 6);
      expectEqual(atLower, at(a) / mass, 1e-6);
      if (b < 40) expectEqual(atUpper, at(b) / mass, 1e-6);
      for (const probability of [0.01, 0.5, 0.9]) {
        const x = truncatedNormalQuantile(probability, a, b);
        expect(x).toBeGreaterThanOrEqual(a);
        expect(x).toBeLessThanOrEqual(b);
        expectEqual(Math.exp(normalInterval(a, x).logMass - logMass), probability, 1e-6);
      }
    }
  });

  test('the quantiles of a beta distribution', () => {
    for (const [p, a, b, x] of reference.functions.betaQuantile) expectEqual(betaQuantile(p, a, b), x, 1e-11);
  });
});
