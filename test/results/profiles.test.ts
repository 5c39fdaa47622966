/** Profiles in `result.json`, `parameters.csv` and `fit.npz`. */
import { expect, test } from 'vitest';
import { parametersCsv } from '../../src/results/index.ts';
import { fitArrays } from '../../src/results/fit-arrays.ts';
import { resultSchema } from '../../src/results/result-schema.ts';
import { makeSyntheticFit, recordOf } from '../support/synthetic-fit.ts';
import { syntheticProfiles } from '../support/synthetic-profiles.ts';

const plain = makeSyntheticFit({ angles: 2, frames: 12 });
const fit = { ...plain, outcome: { ...plain.outcome, profiles: syntheticProfiles() } };
const record = recordOf(fit);

test('the record holds limits, reasons, curves and contours, and is valid', () => {
  expect(recordOf(plain).profiles).toBeNull();
  expect(resultSchema.safeParse(JSON.parse(JSON.stringify(record))).success).toBe(true);
  const [first, second, third] = record.profiles!.parameters;
  expect(first).toMatchObject({ name: 'D0', unit: 'Angstrom^2/s', scale: 0.04, reason: null });
  expect(first!.values).toHaveLength(7);
  expect(second!.intervals[1]!.lower.value).toBeNull();
  expect(second!.intervals[1]!.lower.reason).toContain('lower bound -0.72');
  expect(third).toMatchObject({ error: null, reason: 'not determined by the data', values: [] });
  expect(record.profiles!.pairs[0]!.contours[1]!.points).toHaveLength(24);
});

test('the table has columns of limits where profiles were asked for', () => {
  expect(parametersCsv(recordOf(plain))).not.toContain('profile');
  const [header, d0, alpha, offset] = parametersCsv(record).trimEnd().split('\r\n');
  expect(header).toMatch(
    /,at_bound,profile_68_lower,profile_68_upper,profile_95_lower,profile_95_upper,profile_reason$/,
  );
  const numbers = d0!.split(',').slice(-5, -1).map(Number);
  expect(numbers[0]).toBeCloseTo(19230 * Math.exp(-0.02), 8);
  expect(alpha).toMatch(/,-0\.7,-0\.5,,-0\.40\d+,"the scaled ratio is 1.44 .*; with D_offset at its lower bound 0"$/);
  expect(offset).toMatch(/,,,,,$/);
});

test('the arrays hold curves, the other parameters along them, and contours', () => {
  const input = { dataset: fit.dataset, outcome: fit.outcome, sigma: fit.noise.sigma, shape: fit.shape };
  const members = new Map(fitArrays(input, false).map((member) => [member.name, member]));
  expect(members.get('profile_theta_names')).toMatchObject({ text: ['D0', 'alpha', 'D_offset'] });
  expect(members.get('profile_D0')).toMatchObject({ shape: [7] });
  expect(members.get('profile_D0_theta')).toMatchObject({ shape: [7, 3] });
  expect(members.get('profile_D0_alpha')).toMatchObject({ shape: [24, 2] });
  expect(members.get('contour_D0_alpha_95')).toMatchObject({ shape: [24, 2] });
  expect(members.get('contour_beta_phi0_68')).toMatchObject({ shape: [0, 2] });
  expect(fitArrays({ ...input, outcome: plain.outcome }, false).some(({ name }) => name.startsWith('profile'))).toBe(
    false,
  );
});
