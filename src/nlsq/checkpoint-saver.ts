/** Saves what has changed, not too often: soon after a change, and at the end. */

/** Least time between two saves, ms. */
const INTERVAL = 100;

export class CheckpointSaver implements Disposable {
  readonly #save: () => void;
  #saved = performance.now();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(save: () => void) {
    this.#save = save;
  }

  /** Something has changed: save now if the last time was long enough ago, else as soon as it is. */
  changed(): void {
    if (this.#timer !== null) return;
    const wait = this.#saved + INTERVAL - performance.now();
    if (wait <= 0) this.#saveNow();
    else this.#timer = setTimeout(() => this.#saveNow(), wait);
  }

  /** Save what is not saved yet. */
  [Symbol.dispose](): void {
    if (this.#timer !== null) this.#saveNow();
  }

  #saveNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#saved = performance.now();
    this.#save();
  }
}
