/** Suggestions for misspelt words. */
import { describe, expect, test } from 'vitest';
import { editDistance, suggest } from '../../src/base/suggest.ts';

describe('edit distance', () => {
  test.each([
    ['sigma', 'sigma', 0],
    ['sgima', 'sigma', 1],
    ['gap', 'gapp', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s → %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('suggestions', () => {
  const keys = ['q', 'gap', 'dt', 'phi', 'frames', 'exclude_frames', 'max_iterations'];

  test.each([
    ['gapp', 'gap'],
    ['farmes', 'frames'],
    ['excludeFrames', 'exclude_frames'],
    ['exclude-frames', 'exclude_frames'],
    ['max_iter', 'max_iterations'],
    ['PHI', 'phi'],
  ])('%s → %s', (word, expected) => {
    expect(suggest(word, keys)).toBe(expected);
  });

  test.each(['sigma', 'x', 'gama', 'ex'])('nothing is near %s', (word) => {
    expect(suggest(word, keys)).toBeNull();
  });
});
