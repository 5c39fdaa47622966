/** What every long operation accepts: a way to stop it and a place to tell how far it is. */
import { Cancelled } from './errors.ts';
import type { RunEvent } from './events.ts';

export interface TaskContext {
  /** Aborting stops running work within one tile. */
  readonly signal?: AbortSignal | undefined;
  /** Receives events as they happen; must not throw. */
  readonly progress?: ((event: RunEvent) => void) | undefined;
}

/** Throw `Cancelled` if the context has been aborted. */
export function throwIfCancelled(context: TaskContext): void {
  if (context.signal?.aborted === true) {
    throw new Cancelled('stopped on request', { cause: context.signal.reason });
  }
}

/** Let signals and messages through between two pieces of work of this thread, and stop if asked to. */
export async function breathe(context: TaskContext): Promise<void> {
  await nextTurn();
  throwIfCancelled(context);
}

/** Resolves after pending events were handled; a zero timeout would wait for at least a millisecond. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof globalThis.setImmediate === 'function') {
      globalThis.setImmediate(resolve);
      return;
    }
    const channel = new MessageChannel();
    const done = (): void => {
      channel.port1.close();
      resolve();
    };
    channel.port1.addEventListener('message', done, { once: true });
    channel.port1.start();
    channel.port2.postMessage(null);
  });
}
