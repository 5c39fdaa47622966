/** Which backend a run gets, and what is said when the program falls back. */
import { describe, expect, it } from 'vitest';
import type { ParallelConfig } from '../../src/config/config.ts';
import { fallbackWarning, selectBackend } from '../../src/parallel/index.ts';

const parallel: ParallelConfig = { backend: 'auto', workers: 'auto', fallback: 'warn', chunks: true, memory: 2e9 };

describe('the choice of a backend', () => {
  it.each([
    [{}, 2, 'local', 2],
    [{}, 1, 'sequential', 1],
    [{ workers: 7 }, 2, 'local', 7],
    [{ workers: 1 }, 8, 'sequential', 1],
    [{ backend: 'sequential', workers: 4 }, 8, 'sequential', 1],
    [{ backend: 'local' }, 4, 'local', 4],
    [{ backend: 'multiprocessing' }, 4, 'local', 4],
    [{ backend: 'pjit' }, 4, 'sequential', 1],
  ] as const)('%j on %i cores is %s with %i', (changes, cores, name, workers) => {
    const choice = selectBackend({ ...parallel, ...changes }, cores);
    expect(choice).toMatchObject({ name, workers });
    expect(choice.why).not.toBe('');
  });

  it('warns of a fallback, or refuses when told to', () => {
    expect(fallbackWarning(parallel, 'too small')).toEqual({
      code: 'parallel-fallback',
      text: 'sweeps run in one thread: too small',
    });
    expect(() => fallbackWarning({ ...parallel, fallback: 'error' }, 'too small')).toThrow(
      /too small.*fallback is error/,
    );
  });
});
