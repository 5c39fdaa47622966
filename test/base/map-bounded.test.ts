import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { mapBounded } from '../../src/base/map-bounded.ts';

describe('items worked on side by side', () => {
  test('give their results in their own order, whatever ends first', async () => {
    const results = await mapBounded([15, 1, 8, 2], 4, async (milliseconds, index) => {
      await wait(milliseconds);
      return `${index}: ${milliseconds}`;
    });
    expect(results).toEqual(['0: 15', '1: 1', '2: 8', '3: 2']);
  });

  test('are begun in order, as many at once as allowed and no more', async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    await mapBounded([5, 1, 3, 1, 4, 1, 2], 3, async (milliseconds, index) => {
      begun.push(index);
      most = Math.max(most, ++running);
      await wait(milliseconds);
      running -= 1;
    });
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(3);
  });

  test('begin in one turn up to the limit, so that they can share one pass', async () => {
    const begun: number[] = [];
    const all = mapBounded([0, 1, 2, 3], 3, (_, index) => Promise.resolve(begun.push(index)));
    expect(begun).toEqual([0, 1, 2]);
    await all;
  });

  test('come to rest before the failure of the first one listed is thrown; none is begun after a failure', async () => {
    const done: string[] = [];
    const work = async ([name, milliseconds, fails]: readonly [string, number, boolean]): Promise<void> => {
      await wait(milliseconds);
      done.push(name);
      if (fails) throw new Error(name);
    };
    const items = [
      ['slow', 30, false],
      ['late', 15, true],
      ['early', 1, true],
      ['never', 1, false],
    ] as const;
    await expect(mapBounded(items, 3, work)).rejects.toThrow('late');
    expect(done).toEqual(['early', 'late', 'slow']);
  });

  test('may be none', async () => {
    await expect(mapBounded([], 3, () => Promise.resolve(1))).resolves.toEqual([]);
  });

  test('a failure while beginning counts like a later one', async () => {
    const work = (): Promise<void> => {
      throw new Error('at once');
    };
    await expect(mapBounded([1], 1, work)).rejects.toThrow('at once');
  });
});
