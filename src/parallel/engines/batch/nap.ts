/** A pause that can be ended before its time. */
export class Nap {
  #wake: () => void = () => undefined;

  /** Whether it was ended before its time. */
  sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  readonly wake = (): void => this.#wake();
}
