/**
 * Add the partial results of tiles in a fixed binary tree, in whatever order they arrive.
 *
 * Floating-point addition is not associative: a running sum would depend on scheduling. Here tile 2k is always added to
 * tile 2k+1, the pairs to one another and so on; a node without a partner moves up unchanged.
 */
import { Defect } from '../base/errors.ts';

/** The sum of a whole subtree: the node at `position` of `level`, where leaves are level 0. */
export interface TreeNode {
  readonly level: number;
  readonly position: number;
  readonly values: Float64Array;
}

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

  /** Numbers of each leaf. */
  get length(): number {
    return this.#length;
  }

  /** Add the partial result of one leaf; the array is copied. */
  add(leaf: number, partial: Float64Array): void {
    this.addNode({ level: 0, position: leaf, values: partial });
  }

  /** Add a subtree whose leaves were added elsewhere; the array is copied. */
  addNode({ level: first, position: start, values }: TreeNode): void {
    let position = start;
    let width = Math.ceil(this.#leaves / 2 ** first);
    if (values.length !== this.#length || position < 0 || position >= width) {
      throw new Defect(`partial result ${start} of length ${values.length} does not fit the sum`);
    }
    let node = this.#spare.pop() ?? new Float64Array(this.#length);
    node.set(values);
    for (let level = first; width > 1; level++) {
      const partner = position ^ 1;
      if (partner < width) {
        const key = `${level}:${partner}`;
        const other = this.#waiting.get(key);
        if (other === undefined) {
          const own = `${level}:${position}`;
          if (this.#waiting.has(own)) throw new Defect(`partial result ${start} was added twice`);
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

  /** What was added so far, in as few subtrees as there are, in a fixed order; of adjacent leaves at most two per level. */
  nodes(): TreeNode[] {
    const levels = Math.ceil(Math.log2(Math.max(1, this.#leaves)));
    if (this.#root !== null) return [{ level: levels, position: 0, values: this.#root }];
    const nodes = Array.from(this.#waiting, ([key, values]) => {
      const [level, position] = key.split(':').map(Number);
      return { level: level!, position: position!, values };
    });
    return nodes.toSorted((a, b) => a.level - b.level || a.position - b.position);
  }

  /** The values of `nodes`, one after the other. */
  partial(): Float64Array {
    const nodes = this.nodes();
    const all = new Float64Array(nodes.length * this.#length);
    for (const [k, { values }] of nodes.entries()) all.set(values, k * this.#length);
    return all;
  }

  /** The sum of all leaves; every leaf must have been added. */
  total(): Float64Array {
    if (this.#root === null) throw new Defect('the sum of tiles is not complete');
    return this.#root;
  }
}

/** The subtrees of a stretch of leaves `first` ≤ index < `end`, as `nodes` gives them. */
export function nodesOfStretch(first: number, end: number, leaves: number): readonly Omit<TreeNode, 'values'>[] {
  const sum = new TreeSum(leaves, 0);
  const none = new Float64Array(0);
  for (let leaf = first; leaf < end; leaf++) sum.add(leaf, none);
  return sum.nodes();
}
