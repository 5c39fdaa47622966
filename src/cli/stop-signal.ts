/**
 * Turns process signals into one AbortSignal whose reason is the signal's name.
 *
 * The first Ctrl-C asks the work to finish its tile and keep what it has; the second ends the process at once. One
 * key press can arrive twice (from the terminal's process group and forwarded by the launcher), so a repeat within
 * `REPEAT_MS` counts as the same.
 */
import { Cancelled, isTwotimeError } from '../base/errors.ts';
import { EXIT } from './exit-codes.ts';

const REPEAT_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Run `work` until it ends or a signal asks it to stop; `announce` is told once that stopping has begun.
 *
 * Work that gives up when asked throws `Cancelled`; it leaves here with the name of the signal as its cause.
 */
export async function stoppable<T>(
  announce: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let firstAt = 0;
  const handlers = SIGNALS.map((name) => {
    const handler = (): void => {
      if (controller.signal.aborted) {
        if (performance.now() - firstAt < REPEAT_MS) return;
        process.exit(name === 'SIGINT' ? EXIT.interrupted : EXIT.stoppedBySignal);
      }
      firstAt = performance.now();
      announce(`stopping (${name}); what is finished is kept, Ctrl-C again to stop now`);
      controller.abort(name);
    };
    process.on(name, handler);
    return { name, handler };
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted || !isTwotimeError(error, 'Cancelled')) throw error;
    throw new Cancelled(error.message, {
      help: error.help ?? 'there was no result yet, and nothing was written',
      cause: controller.signal.reason,
    });
  } finally {
    for (const { name, handler } of handlers) process.off(name, handler);
  }
}
