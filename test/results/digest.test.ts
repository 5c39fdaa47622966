import { describe, expect, test } from 'vitest';
import { digestOutcome } from '../../src/results/index.ts';
import type { FitOutcome } from '../../src/nlsq/outcome.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';

const { outcome } = makeSyntheticFit({ angles: 2, frames: 12 });
const digest = digestOutcome(outcome);

function withCovariance(
  change: (values: Float64Array) => void,
  kind: 'speckle' | 'independent' | 'dyadic' = 'independent',
): FitOutcome {
  const changed = outcome.covariance[kind].slice();
  change(changed);
  return { ...outcome, covariance: { ...outcome.covariance, [kind]: changed } };
}

describe('the digest of a numerical result', () => {
  test('is the same sha256 on every machine', () => {
    expect(digest).toBe('6d97e5d78e5665de239a07115fe7170d1740e905dca626d4c886c6dc9133d097');
  });

  test('changes with the last bit of any number in it', () => {
    const next = (value: number): number => {
      const bits = new BigUint64Array(new Float64Array([value]).buffer);
      bits[0] = bits[0]! + 1n;
      return new Float64Array(bits.buffer)[0]!;
    };
    const parameters = outcome.parameters.map((one, k) => (k === 6 ? { ...one, value: next(one.value) } : one));
    const contrast = outcome.scaling.map((one, a) =>
      a === 1 ? { ...one, contrast: { ...one.contrast, value: next(one.contrast.value) } } : one,
    );
    const offset = outcome.scaling.map((one, a) =>
      a === 0 ? { ...one, offset: { ...one.offset, value: next(one.offset.value) } } : one,
    );
    const others = [
      digestOutcome({ ...outcome, parameters }),
      digestOutcome({ ...outcome, scaling: contrast }),
      digestOutcome({ ...outcome, scaling: offset }),
      digestOutcome({ ...outcome, cost: { ...outcome.cost, chi2: next(outcome.cost.chi2) } }),
      ...(['speckle', 'independent', 'dyadic'] as const).map((kind) =>
        digestOutcome(withCovariance((values) => (values[5] = next(values[5]!)), kind)),
      ),
    ];
    expect(new Set([digest, ...others]).size).toBe(8);
  });

  test('tells the names of parameters apart', () => {
    const parameters = outcome.parameters.map((one, k) => (k === 0 ? { ...one, name: 'D' } : one));
    expect(digestOutcome({ ...outcome, parameters })).not.toBe(digest);
  });

  test('does not depend on how the fit got there', () => {
    const solver = { ...outcome.solver, iterations: 99, fullSweeps: 1, trace: [] };
    expect(digestOutcome({ ...outcome, solver, reason: 'another', warnings: [{ code: 'a', text: 'b' }] })).toBe(digest);
  });

  test('takes every NaN for the same, whatever its payload', () => {
    const payload = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer)[0]!;
    const one = digestOutcome(withCovariance((values) => (values[0] = Number.NaN)));
    expect(digestOutcome(withCovariance((values) => (values[0] = payload)))).toBe(one);
    expect(one).not.toBe(digest);
  });
});
