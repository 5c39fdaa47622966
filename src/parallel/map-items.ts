/** Run one task per item, with as many items read ahead as fit the window, and yield results as they come. */
import { Cancelled } from '../base/errors.ts';
import { Channel } from './channel.ts';

/** Submits the item; rejects with `Cancelled` soon after the signal is aborted. */
export type SubmitItem<Input, Output> = (item: Input, signal: AbortSignal) => Promise<Output>;

/**
 * Yields `[index, output]` in the order of completion. Items are read while the consumer is busy, never more than
 * `window` ahead of it. The first failure (of a task, of the items, or an abort) is thrown; then, and when the consumer
 * stops early, what is in flight is cancelled and has ended before this returns.
 */
export async function* mapItems<Input, Output>(
  items: Iterable<Input> | AsyncIterable<Input>,
  window: number,
  outer: AbortSignal | undefined,
  submit: SubmitItem<Input, Output>,
): AsyncGenerator<[number, Output], void, undefined> {
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([stop.signal, outer]);
  const finished = new Channel<[number, Output] | 'no more items'>();
  const inFlight = new Set<Promise<void>>();
  const room = new Gate();
  const source = iterate(items);
  const state = { ahead: 0, isReading: false, isOver: false };

  const read = async (): Promise<void> => {
    for (let index = 0; ; index++) {
      while (state.ahead >= window && !signal.aborted) await room.opened();
      if (signal.aborted) return;
      state.isReading = true;
      const next = await source.next();
      state.isReading = false;
      if (next.done === true) break;
      if (signal.aborted) return;
      state.ahead += 1;
      const work = submit(next.value, signal).then(
        (output) => finished.push([index, output]),
        (error: unknown) => finished.fail(error),
      );
      inFlight.add(work);
      void work.then(() => inFlight.delete(work));
    }
    state.isOver = true;
    finished.push('no more items');
  };
  const onAbort = (): void => {
    room.open();
    finished.fail(new Cancelled('stopped on request', { cause: signal.reason }));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    read().catch((error: unknown) => finished.fail(error));
    while (!state.isOver || state.ahead > 0) {
      const result = await finished.next();
      if (result === 'no more items') continue;
      state.ahead -= 1;
      room.open();
      yield result;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop.abort('the map has ended');
    room.open();
    await Promise.all(inFlight);
    // A source that is being read answers when it likes; waiting for it could last for ever.
    const returned = Promise.resolve(state.isOver ? undefined : source.return?.());
    if (state.isReading) returned.catch(() => undefined);
    else await returned;
  }
}

/** Lets one waiter through whenever it opens. */
class Gate {
  #open: (() => void) | null = null;

  opened(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = null;
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
