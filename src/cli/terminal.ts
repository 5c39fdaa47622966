/** The two streams of the command: results on standard output, everything else on standard error. */

export interface Terminal {
  /** Write result text to standard output. */
  readonly result: (text: string) => void;
  /** Write one message line to standard error, above the progress line if there is one. */
  readonly message: (text: string) => void;
  /** Replace the progress line; an empty string removes it. Does nothing unless standard error is a terminal. */
  readonly status: (text: string) => void;
  readonly interactive: boolean;
  readonly columns: number;
}

/** A terminal over the process streams. `quiet` drops messages below warnings before they come here. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  const interactive = stderr.isTTY === true && process.env['TERM'] !== 'dumb';
  let statusShown = false;
  const clear = (): void => {
    if (statusShown) stderr.write('\r\u001B[K');
    statusShown = false;
  };
  return {
    interactive,
    get columns(): number {
      return stderr.columns ?? 100;
    },
    result(text): void {
      clear();
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
