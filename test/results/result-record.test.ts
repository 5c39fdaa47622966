import { describe, expect, test } from 'vitest';
import { toJson } from '../../src/base/json.ts';
import type { FitOutcome } from '../../src/nlsq/outcome.ts';
import { makeResultRecord, resultJson } from '../../src/results/index.ts';
import { resultJsonSchema, resultSchema } from '../../src/results/result-schema.ts';
import { makeSyntheticFit, recordOf, unknownError } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 3, frames: 30, nan: 0.01, exclude: [7] });
const record = recordOf(fit);

function changed(change: Partial<FitOutcome>) {
  return recordOf({ ...fit, outcome: { ...fit.outcome, ...change } });
}

describe('the record of a fit', () => {
  test('has the keys of the contract, each where scripts look for it', () => {
    expect(record).toMatchObject({
      schema: 'twotime/result@1',
      status: 'converged',
      model: 'laminar_flow',
      convention: 'published',
      q: { value: 0.00237, unit: '1/Angstrom' },
      gap: { value: 2e6, unit: 'Angstrom' },
      scaling: { mode: 'per-angle', angles: [{ phi: -120 }, { phi: 0 }, { phi: 120 }] },
      support: {
        angles: 3,
        frames: [2, 30],
        frameCount: 28,
        excluded: { framesExcluded: 1, frameAtTimeZero: 1, otherQ: 12 },
      },
      cost: { noise: { source: 'second differences along lag', absolute: false, sigma: [0.01, 0.01, 0.01] } },
      solver: { iterations: 14, fullSweeps: 8, starts: 8, startsAtBest: 7 },
      identifiability: { condition: 3140 },
      timings: { readSeconds: 0.25, fitSeconds: 0.5, totalSeconds: 1 },
      resources: { peakMegabytes: 250 },
    });
    expect(record.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(record.support.points).toBe(3 * ((28 * 27) / 2) - record.support.excluded.nan);
    expect(Object.keys(record.parameters)).toEqual(fit.model.parameters);
  });

  test('gives every parameter its unit, start, bounds and three errors', () => {
    expect(record.parameters['D0']).toEqual({
      value: 19230,
      unit: 'Angstrom^2/s',
      vary: true,
      tie: null,
      start: 10000,
      bounds: [1, 1e6],
      atBound: null,
      uncertainty: {
        speckle: 19230 * 0.02,
        independent: (19230 * 0.02) / 5,
        dyadic: (19230 * 0.02) / 2,
        reason: null,
        nearDegenerate: false,
      },
    });
    const units = Object.values(record.parameters).map((parameter) => parameter.unit);
    expect(units).toEqual(['Angstrom^2/s', '', 'Angstrom^2/s', '1/s', '', '1/s', 'deg']);
    expect(record.parameters['alpha']?.start).toBeNull();
  });

  test('says why an error is not known instead of filling one in', () => {
    const reasons: Record<string, string> = { D0: 'fixed', alpha: 'tied to beta', D_offset: 'at lower bound' };
    const parameters = fit.outcome.parameters.map((one) =>
      reasons[one.name] === undefined ? one : { ...one, uncertainty: unknownError(reasons[one.name]!) },
    );
    const { parameters: written } = changed({ parameters });
    for (const [name, reason] of Object.entries(reasons)) {
      expect(written[name]?.uncertainty).toEqual(unknownError(reason));
    }
  });

  test('shows independent errors only where no speckle error is known', () => {
    expect(record.shownErrors).toBe('speckle');
    const only = { ...unknownError('speckle: too few frames'), independent: 0.1 };
    const changedTo = changed({
      parameters: fit.outcome.parameters.map((one) => ({ ...one, uncertainty: only })),
      scaling: fit.outcome.scaling.map(({ contrast, offset }) => ({
        contrast: { ...contrast, uncertainty: only },
        offset: { ...offset, uncertainty: only },
      })),
    });
    expect(changedTo.shownErrors).toBe('independent');
  });

  test('tells the noise of each angle, null where a number is not known', () => {
    expect(record.noise).toMatchObject({ shared: true, reason: null });
    expect(record.noise.angles.map(({ phi }) => phi)).toEqual([-120, 0, 120]);
    const [first, ...others] = fit.outcome.noise.angles;
    const none = { ...first!, speckles: { value: null, error: null }, effectivePoints: NaN };
    const { noise } = changed({ noise: { ...fit.outcome.noise, angles: [none, ...others] } });
    expect(noise.angles[0]).toMatchObject({ speckles: { value: null, error: null }, effectivePoints: null });
  });

  test('lists the warnings of data, fit and other stages, each once', () => {
    const warning = { code: 'few-frames', text: 'only 28 frames' };
    const other = { code: 'from-elsewhere', text: 'something' };
    const dataset = { ...fit.dataset, warnings: [warning] };
    const { warnings } = recordOf({ ...fit, dataset, outcome: { ...fit.outcome, warnings: [warning] } }, [
      other,
      warning,
    ]);
    expect(warnings).toEqual([warning, other]);
  });

  test('never holds a number that JSON cannot write: null and a reason stand there', () => {
    const failed = changed({
      status: 'failed',
      parameters: fit.outcome.parameters.map((one) => ({
        ...one,
        value: Number.NaN,
        bounds: [-Infinity, Infinity] as const,
      })),
      cost: {
        ...fit.outcome.cost,
        reducedChi2: Number.NaN,
        r2: -Infinity,
        degreesOfFreedom: 0,
        chi2PerPoint: Float64Array.of(1, Number.NaN, 1),
      },
      identifiability: { condition: Infinity, weakest: [] },
    });
    expect(failed.parameters['D0']).toMatchObject({
      value: null,
      bounds: [null, null],
      uncertainty: { reason: 'the fit gave no finite value' },
    });
    expect(failed.cost).toMatchObject({ reducedChi2: null, r2: null, chi2PerPoint: [1, null, 1] });
    expect(failed.cost.reason).toBe('there are no more points than free parameters; not finite: reducedChi2, r2');
    expect(failed.identifiability.condition).toBeNull();
    expect(() => toJson(failed)).not.toThrow();
    expect(resultSchema.safeParse(failed).success).toBe(true);
  });

  test('is the content of result.json, number for number', () => {
    expect(JSON.parse(resultJson(record))).toEqual(record);
  });
});

describe('the schema of result.json', () => {
  test.each(['laminar_flow', 'static'] as const)('accepts the record of a %s fit', (mode) => {
    const parsed = resultSchema.safeParse(
      JSON.parse(resultJson(recordOf(makeSyntheticFit({ angles: 2, frames: 12, mode })))),
    );
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  test.each([
    ['a missing key', (all: Record<string, unknown>) => Object.fromEntries(Object.entries(all).slice(1))],
    ['an unknown key', (all: Record<string, unknown>) => ({ ...all, extra: 1 })],
    ['a number as text', (all: Record<string, unknown>) => ({ ...all, q: { value: '0.1', unit: '1/Angstrom' } })],
    ['another version', (all: Record<string, unknown>) => ({ ...all, schema: 'twotime/result@2' })],
  ])('refuses %s', (_, spoil) => {
    expect(resultSchema.safeParse(spoil({ ...record })).success).toBe(false);
  });

  test('is published as JSON Schema; vitest -u rewrites the file', async () => {
    await expect(`${JSON.stringify(resultJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../schema/twotime-result.schema.json',
    );
  });
});

test('records made from the same fit are equal', () => {
  expect(
    makeResultRecord({
      ...fit,
      scaling: 'per-angle',
      timings: record.timings,
      resources: record.resources,
      versions: record.versions,
    }),
  ).toEqual(record);
});
