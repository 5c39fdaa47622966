/** What a host tells: lines of JSON in a file that only it writes, read by whoever watches. */
import { appendFile, open } from 'node:fs/promises';
import type { RunEvent } from '../../../base/events.ts';
import type { AttemptOutcome } from '../../engine.ts';
import { codeOf } from './work-folder.ts';

export type LedgerLine =
  | {
      readonly kind: 'hello';
      /** As the scheduler calls it. */
      readonly element: string;
      readonly node: string;
      readonly pid: number;
      readonly slots: number;
    }
  /** It lives. */
  | { readonly kind: 'beat' }
  | { readonly kind: 'claimed'; readonly id: string; readonly number: number }
  | { readonly kind: 'event'; readonly id: string; readonly number: number; readonly event: RunEvent }
  | {
      readonly kind: 'ended';
      readonly id: string;
      readonly number: number;
      readonly outcome: AttemptOutcome['kind'];
      /** Somebody else's result was there first. */
      readonly late?: boolean;
    }
  /** It takes nothing more. */
  | { readonly kind: 'leaving'; readonly why: string }
  | { readonly kind: 'bye' };

/** Opened for each piece, since other machines see what was written when it is closed. */
export class LedgerWriter {
  readonly #path: string;
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  add(line: LedgerLine): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Lines are in the file when this resolves. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = this.#waiting.join('');
      this.#waiting = [];
      if (text !== '') await appendFile(this.#path, text);
    });
    await this.#writing;
  }
}

const BLOCK = 65_536;

/** Reads what has been added since the last look. */
export class LedgerReader {
  readonly #path: string;
  #at = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  async next(): Promise<LedgerLine[]> {
    const lines: LedgerLine[] = [];
    let handle;
    try {
      handle = await open(this.#path, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(BLOCK), 0, BLOCK, this.#at);
        if (bytesRead === 0) break;
        this.#at += bytesRead;
        this.#rest = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
      }
    } finally {
      await handle.close();
    }
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      const text = this.#rest.toString('utf8', 0, end);
      this.#rest = this.#rest.subarray(end + 1);
      // A line that a full disk cut in two says nothing; what it meant shows otherwise.
      try {
        lines.push(JSON.parse(text) as LedgerLine);
      } catch {
        continue;
      }
    }
    return lines;
  }
}
