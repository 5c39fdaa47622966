import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CheckpointSaver } from '../../src/nlsq/checkpoint-saver.ts';

describe('saving', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('happens at most every 100 ms however much changes, and soon after the last change', () => {
    const save = vi.fn<() => void>();
    using saver = new CheckpointSaver(save);
    for (let k = 0; k < 95; k++) {
      saver.changed();
      vi.advanceTimersByTime(10);
    }
    expect(save.mock.calls.length).toBe(9);
    vi.advanceTimersByTime(1000);
    expect(save.mock.calls.length).toBe(10);
  });

  test('does not wait when the last time is long ago', () => {
    const save = vi.fn<() => void>();
    using saver = new CheckpointSaver(save);
    vi.advanceTimersByTime(5000);
    saver.changed();
    expect(save.mock.calls.length).toBe(1);
  });

  test('happens at the end if something is not saved yet, and leaves no timer behind', () => {
    const save = vi.fn<() => void>();
    const saver = new CheckpointSaver(save);
    saver.changed();
    expect(save).not.toHaveBeenCalled();
    saver[Symbol.dispose]();
    expect(save.mock.calls.length).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    saver[Symbol.dispose]();
    expect(save.mock.calls.length).toBe(1);
  });
});
