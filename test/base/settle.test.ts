import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { settleAll } from '../../src/base/settle.ts';

describe('tasks side by side', () => {
  test('are all at rest before the first failure in the list is thrown', async () => {
    const done: string[] = [];
    const task = async (name: string, milliseconds: number, fails: boolean): Promise<void> => {
      await wait(milliseconds);
      done.push(name);
      if (fails) throw new Error(name);
    };
    const all = settleAll([task('slow', 20, false), task('late', 10, true), task('early', 1, true)]);
    await expect(all).rejects.toThrow('late');
    expect(done).toEqual(['early', 'late', 'slow']);
  });

  test('that succeed throw nothing', async () => {
    await expect(settleAll([Promise.resolve(1), Promise.resolve()])).resolves.toBeUndefined();
  });
});
