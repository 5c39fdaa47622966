/**
 * Turns process signals into one AbortSignal whose reason is the signal's name.
 *
 * The first Ctrl-C asks the work to finish its tile and keep what it has; the second ends the process at once. One
 * key press can arrive twice (from the terminal's process group and forwarded by the launcher), so a repeat within
 * `REPEAT_MS` counts as the same.
 */
import { EXIT } from './exit-codes.ts';

const REPEAT_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Listen until disposed; `announce` is told once that stopping has begun. */
export function listenForStop(announce: (text: string) => void): StopSignal {
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
  return {
    signal: controller.signal,
    [Symbol.dispose](): void {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
