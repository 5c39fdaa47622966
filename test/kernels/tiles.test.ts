/** Tiles cover every pair once, depend on N and P alone, and their sums do not depend on the order of arrival. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodesOfStretch, pairsOf, partition, pointsOf, TreeSum } from '../../src/kernels/index.ts';
import { randomNumbers } from './problems.ts';

describe('the partition', () => {
  test('covers every row of every angle once, in even blocks and groups of at most eight angles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 3000 }), fc.integer({ min: 1, max: 40 }), (frames, angles) => {
        const tiles = partition(frames, angles);
        const seen = new Map<string, number>();
        for (const [index, tile] of tiles.entries()) {
          expect(tile.index).toBe(index);
          expect(tile.rowStart % 2).toBe(0);
          expect(tile.angleEnd - tile.angleStart).toBeGreaterThan(0);
          expect(tile.angleEnd - tile.angleStart).toBeLessThanOrEqual(8);
          for (let i = tile.rowStart; i < tile.rowEnd; i++) {
            const key = `${i}:${tile.angleStart}:${tile.angleEnd}`;
            seen.set(key, (seen.get(key) ?? 0) + 1);
          }
        }
        expect(Math.max(...seen.values())).toBe(1);
        const points = tiles.reduce((sum, tile) => sum + pointsOf(tile, frames), 0);
        expect(points).toBe(angles * pairsOf(frames));
      }),
      { numRuns: 60 },
    );
  });

  test('of a large matrix has tiles of a few milliseconds', () => {
    for (const tile of partition(5000, 23)) expect(pointsOf(tile, 5000)).toBeLessThan(1.5e6);
  });

  test('of fewer than two frames is empty', () => {
    expect(partition(1, 3)).toEqual([]);
  });
});

describe('the tree sum', () => {
  const partials = (count: number): Float64Array[] => {
    const random = randomNumbers(7);
    return Array.from({ length: count }, () =>
      Float64Array.from({ length: 5 }, () => (random() - 0.5) * 10 ** (8 * random())),
    );
  };
  const sum = (parts: readonly Float64Array[], order: readonly number[]): Float64Array => {
    const tree = new TreeSum(parts.length, 5);
    for (const leaf of order) tree.add(leaf, parts[leaf]!);
    return tree.total();
  };

  test('has the same bits in every order of arrival', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((count) =>
          fc.shuffledSubarray(
            Array.from({ length: count }, (_, k) => k),
            { minLength: count },
          ),
        ),
        (order) => {
          const parts = partials(order.length);
          const inOrder = Array.from(order.keys());
          expect(sum(parts, order)).toEqual(sum(parts, inOrder));
        },
      ),
    );
  });

  test('has the same bits when runs of leaves are added elsewhere, wherever they are cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(40), { maxLength: 5 }), (count, cuts) => {
        const parts = partials(count);
        const tree = new TreeSum(count, 5);
        const ends = [...new Set([0, ...cuts.filter((cut) => cut < count), count])].toSorted((a, b) => a - b);
        for (const [k, end] of ends.slice(1).entries()) {
          const elsewhere = new TreeSum(count, 5);
          for (let leaf = ends[k]!; leaf < end; leaf++) elsewhere.add(leaf, parts[leaf]!);
          const nodes = elsewhere.nodes();
          expect(nodes).toMatchObject(
            nodesOfStretch(ends[k]!, end, count).map(({ level, position }) => ({ level, position })),
          );
          expect(nodes.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count + 1)));
          for (const node of nodes) tree.addNode(node);
        }
        expect(tree.total()).toEqual(sum(parts, Array.from(parts.keys())));
      }),
    );
  });

  test('adds neighbours first', () => {
    const parts = [1, 1e16, -1e16, 1, 3].map((x) => new Float64Array(5).fill(x));
    expect(sum(parts, [0, 1, 2, 3, 4])[0]).toBe(1 + 1e16 + (-1e16 + 1) + 3);
  });

  test('refuses to be read too early, and leaves that come twice or do not exist', () => {
    const tree = new TreeSum(4, 1);
    tree.add(0, Float64Array.of(1));
    expect(() => tree.total()).toThrow('not complete');
    expect(() => tree.add(0, Float64Array.of(1))).toThrow('twice');
    expect(() => tree.add(4, Float64Array.of(1))).toThrow('does not fit');
    expect(() => tree.add(1, Float64Array.of(1, 2))).toThrow('does not fit');
  });
});
