/**
 * Add the partial results of tiles in a fixed binary tree, in whatever order they arrive.
 *
 * Floating-point addition is not associative: a running sum would depend on scheduling. Here tile 2k is always added to
 * tile 2k+1, the pairs to one another and so on; a node without a partner moves up unchanged.
 */
import { Defect } from '../base/errors.ts';

export class TreeSum {
  readonly #leaves: number;
  readonly #length: number;
  /** Finished subtrees waiting for their partner, by level and position. */
  readonly #waiting = new Map<string, Float64Array>();
  /** Buffers to use again. */
  readonly #spare: Float64Array[] = [];
  #root: Float64Array | null = null;

  constructor(leaves: number, length: number) {
    this.#leaves = leaves;
    this.#length = length;
    if (leaves === 0) this.#root = new Float64Array(length);
  }

  /** Add the partial result of one leaf; the array is copied. */
  add(leaf: number, partial: Float64Array): void {
    if (partial.length !== this.#length || leaf < 0 || leaf >= this.#leaves) {
      throw new Defect(`partial result ${leaf} of length ${partial.length} does not fit the sum`);
    }
    let node = this.#spare.pop() ?? new Float64Array(this.#length);
    node.set(partial);
    let position = leaf;
    let width = this.#leaves;
    for (let level = 0; width > 1; level++) {
      const partner = position ^ 1;
      if (partner < width) {
        const key = `${level}:${partner}`;
        const other = this.#waiting.get(key);
        if (other === undefined) {
          const own = `${level}:${position}`;
          if (this.#waiting.has(own)) throw new Defect(`partial result ${leaf} was added twice`);
          this.#waiting.set(own, node);
          return;
        }
        this.#waiting.delete(key);
        const left = partner < position ? other : node;
        const right = partner < position ? node : other;
        for (let k = 0; k < left.length; k++) left[k] = left[k]! + right[k]!;
        this.#spare.push(right);
        node = left;
      }
      position >>= 1;
      width = (width + 1) >> 1;
    }
    this.#root = node;
  }

  /** The sum of all leaves; every leaf must have been added. */
  total(): Float64Array {
    if (this.#root === null) throw new Defect('the sum of tiles is not complete');
    return this.#root;
  }
}
