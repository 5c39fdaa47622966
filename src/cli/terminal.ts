/** The two streams of the command: results on standard output, everything else on standard error. */

import { EXIT } from './exit-codes.ts';

export interface Terminal {
  /** Write result text to standard output. */
  readonly result: (text: string) => void;
  /** Write one message line to standard error, above the progress line if there is one. */
  readonly message: (text: string) => void;
  /** Replace the progress line; an empty string removes it. Does nothing unless standard error is a terminal. */
  readonly status: (text: string) => void;
  readonly interactive: boolean;
  readonly columns: number;
  /** Aborts when nobody reads standard output any more: who only shows things has no reason to go on. */
  readonly gone?: AbortSignal;
}

/** A terminal over the process streams. `quiet` drops messages below warnings before they come here. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  const gone = new AbortController();
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    gone.abort('nobody reads');
    if (error.code === 'EPIPE') return;
    stderr.write(`error: standard output cannot be written (${error.code ?? error.message})\n`);
    process.once('exit', (code) => {
      if (code === 0) process.exitCode = EXIT.failed;
    });
  });
  // Messages that nobody can read must not stop the work.
  stderr.on('error', () => undefined);
  const interactive = stderr.isTTY === true && process.env['TERM'] !== 'dumb';
  let statusShown = false;
  const clear = (): void => {
    if (statusShown) stderr.write('\r\u001B[K');
    statusShown = false;
  };
  return {
    interactive,
    gone: gone.signal,
    get columns(): number {
      return stderr.columns ?? 100;
    },
    result(text): void {
      clear();
      if (gone.signal.aborted) return;
      stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    message(text): void {
      clear();
      stderr.write(`${text}\n`);
    },
    status(text): void {
      if (!interactive) return;
      clear();
      if (text === '') return;
      stderr.write(text.slice(0, this.columns - 1));
      statusShown = true;
    },
  };
}

/** Colour one word on a terminal that wants colour (`NO_COLOR` is honoured); meaning never rests on colour alone. */
export function paint(text: string, colour: 'red' | 'yellow' | 'bold', terminal: Terminal): string {
  if (!terminal.interactive || (process.env['NO_COLOR'] ?? '') !== '') return text;
  const code = { red: 31, yellow: 33, bold: 1 }[colour];
  return `\u001B[${code}m${text}\u001B[0m`;
}
