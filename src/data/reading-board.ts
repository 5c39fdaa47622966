/**
 * The few words through which threads divide the matrices of a file: who takes which, which are whole, whether to stop.
 *
 * Matrices are taken in the order of the file. So when one cannot be used, all before it have been taken by somebody, and
 * the first bad one is known once everybody has come to rest.
 */

const WORD = { next: 0, stopped: 1, readers: 2, done: 3 } as const;
const FLAGS_AT = 4;

export class ReadingBoard {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #count: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#count = this.#words.length - FLAGS_AT;
  }

  /** For `count` matrices. */
  static create(count: number): ReadingBoard {
    return new ReadingBoard(new SharedArrayBuffer((FLAGS_AT + count) * 4));
  }

  /** A number of its own for each reader, from 0. */
  enter(): number {
    return Atomics.add(this.#words, WORD.readers, 1);
  }

  /** The next matrix to read, or -1 when there is none left or reading has stopped. */
  take(): number {
    if (this.stopped) return -1;
    const at = Atomics.add(this.#words, WORD.next, 1);
    return at < this.#count ? at : -1;
  }

  finish(at: number): void {
    Atomics.store(this.#words, FLAGS_AT + at, 1);
    Atomics.add(this.#words, WORD.done, 1);
  }

  isDone(at: number): boolean {
    return Atomics.load(this.#words, FLAGS_AT + at) === 1;
  }

  /** Matrices that are whole. */
  get done(): number {
    return Atomics.load(this.#words, WORD.done);
  }

  /** Nobody takes another matrix. */
  stop(): void {
    Atomics.store(this.#words, WORD.stopped, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, WORD.stopped) === 1;
  }
}
