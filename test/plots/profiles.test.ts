/** Figure P10, drawn from profiles with known shapes. */
import { expect, test } from 'vitest';
import { smoothRoot } from '../../src/plots/profile-curve.ts';
import { figuresOf } from '../support/figures.ts';
import { readSvg } from '../support/read-svg.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';
import { syntheticProfiles } from '../support/synthetic-profiles.ts';

const plain = makeSyntheticFit({ angles: 2, frames: 30 });
const profiles = syntheticProfiles();
const withProfiles = (change: Partial<typeof profiles> = {}) => ({
  ...plain,
  outcome: { ...plain.outcome, profiles: { ...profiles, ...change } },
});

test('is drawn where profiles were asked for and found', () => {
  expect([...figuresOf(plain).keys()]).not.toContain('profiles');
  expect([...figuresOf(withProfiles()).keys()].slice(0, 3)).toEqual(['rates', 'convergence', 'profiles']);
  expect([...figuresOf(withProfiles({ reason: 'stopped' })).keys()]).not.toContain('profiles');
  const many = Array.from({ length: 5 }, () => profiles.parameters).flat();
  expect([...figuresOf(withProfiles({ parameters: many })).keys()].slice(2, 5)).toEqual([
    'profiles-1',
    'profiles-2',
    'profiles-3',
  ]);
});

test('says thresholds, units, what is missing and why', () => {
  const { texts } = readSvg(figuresOf(withProfiles()).get('profiles')!);
  expect(texts.filter((text) => text === '95 %')).toHaveLength(2);
  expect(texts).toEqual(expect.arrayContaining(['D₀ (Å²/s)', 'α']));
  expect(texts).toContain('φ₀ (deg)');
  const notes = texts.join(' ');
  expect(notes).toContain('alpha, lower limit at 95 %: none, the scaled ratio is 1.44 at the lower bound -0.72');
  expect(notes).toContain('alpha, upper limit at 95 %: with D_offset at its lower bound 0.');
  expect(notes).toContain('phi0: no profile, not determined by the data.');
  expect(notes).toContain('of the speckle standard error');
});

test.each([1, 2, 3, 5])('keeps its texts on the page and apart: %i panels', (count) => {
  const all = {
    parameters: profiles.parameters.slice(0, count),
    pairs: profiles.pairs.slice(0, Math.max(0, count - 3)),
  };
  const { labels, width, height } = readSvg(figuresOf(withProfiles(all)).get('profiles')!);
  expect(
    labels.filter(({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height),
  ).toEqual([]);
  const touching = labels.flatMap((one, k) =>
    labels
      .slice(k + 1)
      .filter(
        (other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
      )
      .map((other) => [one.text, other.text]),
  );
  expect(touching).toEqual([]);
});

test('the curve between the points is that of a straight root where the root is straight', () => {
  const values = Float64Array.of(-3, -1, 0, 0.5, 2);
  const curve = smoothRoot(
    values,
    values.map((value) => value * value),
    0,
    50,
  );
  expect(curve.length).toBeGreaterThan(40);
  for (const [value, ratio] of curve) expect(ratio).toBeCloseTo(value * value, 10);
});
