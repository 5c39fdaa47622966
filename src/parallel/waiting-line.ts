/** Tasks that wait for a slot: the longest first, equal ones in the order they came. */

interface Waiting {
  readonly cost: number;
  readonly order: number;
  begin: (() => void) | null;
}

/** A binary heap; joining, leaving and calling are cheap for tens of thousands. */
export class WaitingLine {
  readonly #heap: Waiting[] = [];
  #order = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** `begin` is called once, by `callNext` or by `leave`. */
  join(cost: number, begin: () => void): { readonly leave: () => void } {
    const entry: Waiting = { cost, order: this.#order++, begin };
    this.#heap.push(entry);
    this.#length += 1;
    this.#rise(this.#heap.length - 1);
    return { leave: () => this.#call(entry) };
  }

  callNext(): void {
    while (this.#heap.length > 0) if (this.#call(this.#takeFirst())) return;
  }

  callAll(): void {
    while (this.#length > 0) this.callNext();
  }

  /** An entry that left stays in the heap until its turn and is then passed over. */
  #call(entry: Waiting): boolean {
    const { begin } = entry;
    if (begin === null) return false;
    entry.begin = null;
    this.#length -= 1;
    begin();
    return true;
  }

  #takeFirst(): Waiting {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(start: number): void {
    for (let at = start; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#heap[at]!, this.#heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(start: number): void {
    for (let at = start; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && isBefore(this.#heap[child]!, this.#heap[first]!)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #swap(a: number, b: number): void {
    const entry = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = entry;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.cost > b.cost || (a.cost === b.cost && a.order < b.order);
}
