/** Hands results to one consumer in the order they arrive. */

export class Channel<T> {
  readonly #ready: T[] = [];
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  push(value: T): void {
    this.#ready.push(value);
    this.#wake?.();
  }

  /** Every later `next` rejects with this error, once the results before it are taken. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async next(): Promise<T> {
    for (;;) {
      const value = this.#ready.shift();
      if (value !== undefined) return value;
      if (this.#failure !== null) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
