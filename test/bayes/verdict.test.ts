/** What a verdict says: good chains are good, anything else names the worst quantity and what to try. */
import { describe, expect, test } from 'vitest';
import { judgeChains, judgeWeights, type Chain, type Draw } from '../../src/bayes/index.ts';
import { summarise, type Summary } from '../../src/bayes/sampling/quantities.ts';
import { fold, keyFromSeed, normals } from '../../src/math/index.ts';

const DRAWS = 500;

/** Four chains of independent draws of two quantities, changed by `change`. */
function chainsOf(change: (draw: Draw, chain: number, n: number) => Partial<Draw> = () => ({})): Chain[] {
  return [0, 1, 2, 3].map((chain) => {
    const numbers = normals(fold(keyFromSeed(7), chain), 3 * DRAWS);
    const draws = Array.from({ length: DRAWS }, (_, n): Draw => {
      const draw: Draw = {
        position: [numbers[3 * n]!, numbers[3 * n + 1]!],
        ...{ logDensity: 0, aside: null, energy: numbers[3 * n + 2]! },
        ...{ acceptance: 0.8, stepSize: 0.7, depth: 2, leapfrogs: 3, diverging: false },
      };
      return { ...draw, ...change(draw, chain, n) };
    });
    const state = { chain } as Chain['state'];
    return { state, draws, divergences: [], gradients: 0 };
  });
}

function summariesOf(chains: readonly Chain[]): Summary[] {
  return ['D0', 'alpha'].map((name, i) =>
    summarise({ name, draws: chains.map(({ draws }) => draws.map(({ position }) => position[i]!)) }, true),
  );
}

function verdictOf(chains: readonly Chain[]): ReturnType<typeof judgeChains> {
  return judgeChains(chains, summariesOf(chains), 10);
}

describe('the verdict', () => {
  test('on good chains has nothing to find', () => {
    expect(verdictOf(chainsOf())).toMatchObject({ level: 'good', findings: [] });
  });

  test('on a chain that sits elsewhere is red and names the parameter', () => {
    const shifted = chainsOf(({ position }, chain) =>
      chain === 2 ? { position: [position[0]!, position[1]! + 4] } : {},
    );
    const verdict = verdictOf(shifted);
    expect(verdict).toMatchObject({ level: 'do-not-report', worst: 'alpha' });
    expect(verdict.findings[0]!.text).toMatch(/disagree most on alpha: R-hat 1\.\d+.*draw more/);
  });

  test('on a parameter that does not move is red', () => {
    const stuck = verdictOf(chainsOf(({ position }) => ({ position: [3, position[1]!] })));
    expect(stuck).toMatchObject({ level: 'do-not-report', worst: 'D0' });
    expect(stuck.findings[0]!.text).toMatch(/D0 has no R-hat/);
  });

  test('on a few divergences is a warning; on all draws divergent it is red', () => {
    expect(verdictOf(chainsOf((_draw, _chain, n) => ({ diverging: n === 3 })))).toMatchObject({ level: 'check' });
    const all = verdictOf(chainsOf(() => ({ diverging: true })));
    expect(all.level).toBe('do-not-report');
    expect(all.findings[0]!.text).toMatch(/2000 of 2000 draws diverged/);
  });

  test('on too few effective draws says how many there are', () => {
    // Every draw is made twenty times over.
    const slow = chainsOf();
    const repeated = slow.map((chain) => ({
      ...chain,
      draws: chain.draws.map((draw, n) => ({ ...draw, position: chain.draws[n - (n % 20)]!.position })),
    }));
    const { level, findings } = verdictOf(repeated);
    expect(level).not.toBe('good');
    expect(findings.some(({ text }) => /effective draws in its bulk, should be above 400; draw more/.test(text))).toBe(
      true,
    );
  });

  test('on slow energies, full depth and trajectories that leave the support says so', () => {
    const sluggish = verdictOf(chainsOf((_draw, _chain, n) => ({ energy: n / 10 })));
    expect(sluggish.findings[0]!.text).toMatch(/E-BFMI/);
    const deep = verdictOf(chainsOf((_draw, _chain, n) => ({ depth: n % 10 === 0 ? 10 : 3 })));
    expect(deep.findings[0]!.text).toMatch(/200 of 2000 trajectories were cut off at 10 doublings/);
    const leaving = chainsOf().map((chain): Chain => ({
      ...chain,
      divergences: Array.from({ length: 60 }, (_, draw) => ({
        ...{ from: [0, 0], to: [9, 9], energyError: null, outside: true, chain: 0, draw },
      })),
    }));
    expect(verdictOf(leaving).findings[0]!.text).toMatch(/240 of 2000 trajectories ended at a bound/);
  });

  test('on weights follows the three rules', () => {
    const check = (
      rule: 'tail' | 'efficiency',
      passed: boolean,
    ): Parameters<typeof judgeWeights>[0]['checks'][number] => ({
      ...{ rule, passed, value: 0, limit: 0, text: rule },
    });
    expect(judgeWeights({ accepted: true, checks: [check('tail', true)] }).level).toBe('good');
    expect(judgeWeights({ accepted: false, checks: [check('tail', true), check('efficiency', false)] }).level).toBe(
      'check',
    );
    expect(judgeWeights({ accepted: false, checks: [check('tail', false)] }).level).toBe('do-not-report');
  });
});
