/** Profile limits in the text report. */
import { expect, test } from 'vitest';
import { profileSection } from '../../src/report/profile-text.ts';
import { makeSyntheticFit, recordOf } from '../support/synthetic-fit.ts';
import { syntheticProfiles } from '../support/synthetic-profiles.ts';

const plain = makeSyntheticFit({ angles: 2, frames: 12 });
const sectionOf = (profiles: typeof plain.outcome.profiles): string =>
  profileSection(recordOf({ ...plain, outcome: { ...plain.outcome, profiles } })).join('\n');
const section = sectionOf(syntheticProfiles());

test('is absent where no profile was asked for, and says why there are none', () => {
  expect(sectionOf(null)).toBe('');
  const none = { ...syntheticProfiles(), parameters: [], pairs: [], reason: 'stopped before they were done' };
  expect(sectionOf(none)).toBe('[[Profile Likelihood]]\n    unknown: stopped before they were done');
});

test('gives both limits and their distances with the digits of the interval', () => {
  expect(section).toMatch(/^ {4}D0 +19230 +68 % +18850 +19620 +-381 +\+388 +Angstrom\^2\/s$/m);
  expect(section).toMatch(/^ +95 % +18490 +20000 +-739 +\+769 +Angstrom\^2\/s$/m);
});

test('says where there is no limit, and what a limit owes to a bound', () => {
  expect(section).toMatch(/^ {4}alpha +-0\.6 +68 % +-0\.7 +-0\.5 +-0\.1 +\+0\.1 +near-degenerate$/m);
  expect(section).toMatch(/^ +95 % +no limit +-0\.404 +\+0\.196$/m);
  expect(section).toMatch(/alpha: no lower limit at 95 %, the scaled ratio is 1\.44 at the lower bound -0\.72/);
  expect(section).toContain('alpha: upper limit at 95 % with D_offset at its lower bound 0');
  expect(section).toContain('phi0: unknown, not determined by the data');
  expect(section).toContain('D0 and alpha: closed contours at 68 % and 95 %');
});

test('keeps to 100 columns of ASCII', () => {
  expect(section).toMatch(/^[\n\x20-\x7e]*$/);
  expect(Math.max(...section.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});
