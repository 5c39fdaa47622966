/**
 * Writes files beside the computation: a bounded number at once, with a bounded number of bytes waiting.
 *
 * One writer serves everything a process writes. Files that belong together, those of one run, form a group: they fail
 * together, and the failure told is that of the file put first, whichever failed first. Files are begun in the order
 * they were put, over all groups. A group that has stopped begins no more files, and breaks off those that are streamed.
 */
import { Cancelled, isTwotimeError, OutputFailed, type TwotimeError } from '../base/errors.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import { writeFileAtomically, type FileContent } from './atomic-file.ts';

export interface FileToWrite {
  readonly path: string;
  /**
   * What it holds, or how to make that when its turn has come: the place for heavy work that other threads do. With
   * `write` it is made by a library that writes files itself, whole or not at all.
   */
  readonly content:
    | FileContent
    | (() => FileContent | Promise<FileContent>)
    | { readonly write: (path: string) => Promise<void> };
  /** Most memory it takes from now until it is written; default: the length of a content that is there already. */
  readonly bytes?: number;
}

export interface WriterLimits {
  /** Files made and written at a time. */
  readonly atOnce: number;
  /** Bytes of all files taken and not yet written; a single larger file is taken when there is no other. */
  readonly bytes: number;
}

interface Job {
  readonly file: FileToWrite;
  readonly bytes: number;
  readonly group: WriteGroup;
  readonly taken: () => void;
  readonly ended: (failure: TwotimeError | null) => void;
}

export class BackgroundWriter {
  readonly #limits: WriterLimits;
  readonly #arriving: Job[] = [];
  readonly #ready: Job[] = [];
  #running = 0;
  #held = 0;

  constructor(limits: WriterLimits) {
    this.#limits = limits;
  }

  /** Files that succeed or fail together; aborting `signal` stops them. */
  group(signal?: AbortSignal): WriteGroup {
    return new WriteGroup((job) => {
      this.#arriving.push(job);
      this.#advance();
    }, signal);
  }

  #advance(): void {
    for (let next = this.#arriving[0]; next !== undefined && this.#hasRoom(next); next = this.#arriving[0]) {
      this.#arriving.shift();
      this.#held += next.bytes;
      this.#ready.push(next);
      next.taken();
    }
    while (this.#running < this.#limits.atOnce) {
      const next = this.#ready.shift();
      if (next === undefined) return;
      this.#running++;
      void this.#run(next);
    }
  }

  #hasRoom({ bytes, group }: Job): boolean {
    return group.stopped || this.#held === 0 || this.#held + bytes <= this.#limits.bytes;
  }

  async #run({ file, bytes, group, ended }: Job): Promise<void> {
    let failure: TwotimeError | null = null;
    try {
      if (!group.stopped) await write(file, group);
    } catch (error) {
      // Work that ends early because it was told to has not failed.
      const isTold = error === BROKEN_OFF || group.signal?.aborted === true;
      if (!isTold) failure = isTwotimeError(error) ? error : notMade(file, error);
    }
    this.#running--;
    this.#held -= bytes;
    ended(failure);
    this.#advance();
  }
}

const BROKEN_OFF = new Cancelled('a file of a group that has stopped is not written to its end');

async function write({ path, content }: FileToWrite, group: WriteGroup): Promise<void> {
  if (typeof content === 'object' && 'write' in content) return content.write(path);
  const made = typeof content === 'function' ? await content() : content;
  const isWhole = typeof made === 'string' || made instanceof Uint8Array;
  await writeFileAtomically(path, isWhole ? made : whileGoing(made, group));
}

async function* whileGoing(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  group: WriteGroup,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    if (group.stopped) throw BROKEN_OFF;
    yield piece;
  }
}

function lengthOf(content: FileToWrite['content']): number {
  return typeof content === 'string' || content instanceof Uint8Array ? content.length : 0;
}

function notMade({ path }: FileToWrite, cause: unknown): OutputFailed {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutputFailed(`the file cannot be made: ${why}`, { where: { file: path }, cause });
}

/** Files that succeed or fail together. Disposing stops them and waits until they are at rest. */
export class WriteGroup implements AsyncDisposable {
  readonly #take: (job: Job) => void;
  readonly signal: AbortSignal | undefined;
  readonly #writing: Promise<void>[] = [];
  readonly #failures: TwotimeError[] = [];
  #abandoned = false;

  constructor(take: (job: Job) => void, signal: AbortSignal | undefined) {
    this.#take = take;
    this.signal = signal;
  }

  /** Nothing more is begun: a file failed, or the group was asked to stop. Making further files is wasted work. */
  get stopped(): boolean {
    return this.#abandoned || this.#failures.length > 0 || this.signal?.aborted === true;
  }

  /** Hand over a file; resolves when there is room for it, which tells whoever makes files to wait. Never throws. */
  put(file: FileToWrite): Promise<void> {
    const place = this.#writing.length;
    const taken = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.#writing.push(ended.promise);
    this.#take({
      file,
      bytes: file.bytes ?? lengthOf(file.content),
      group: this,
      taken: taken.resolve,
      ended: (failure) => {
        // By place, so that the first one put is the first one told.
        if (failure !== null) this.#failures[place] = failure;
        ended.resolve();
      },
    });
    return taken.promise;
  }

  /** Resolves when every file put is there. Throws, when all have come to rest, the failure of the first one put. */
  async written(): Promise<void> {
    await this.#rest();
    const failure = this.#failures.find((one) => one !== undefined);
    if (failure !== undefined) throw failure;
    throwIfCancelled({ signal: this.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abandoned = true;
    await this.#rest();
  }

  async #rest(): Promise<void> {
    for (let count = 0; count < this.#writing.length;) {
      count = this.#writing.length;
      await Promise.all(this.#writing);
    }
  }
}
