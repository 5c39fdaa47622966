/** Lines of equal height on a square grid, by marching squares. */

/** A point between nodes, counted in nodes along both directions. */
type GridPoint = [i: number, j: number];

/**
 * Closed lines where the heights, shape (nodes, nodes) row-major, cross `level`; nothing may be above it on the rim. Where a
 * cell is a saddle, the two higher corners are kept apart.
 */
export function contourLines(heights: Float64Array, nodes: number, level: number): GridPoint[][] {
  const at = (i: number, j: number): number => heights[j * nodes + i]!;
  const above = (i: number, j: number): boolean => at(i, j) > level;
  /** Crossings of grid edges by their key; each has the next one along the line, the higher side to the left. */
  const next = new Map<number, number>();
  const across = (i: number, j: number): number => 2 * (j * nodes + i);
  const upwards = (i: number, j: number): number => 2 * (j * nodes + i) + 1;
  for (let j = 0; j + 1 < nodes; j++) {
    for (let i = 0; i + 1 < nodes; i++) {
      const corners = [above(i, j), above(i + 1, j), above(i + 1, j + 1), above(i, j + 1)];
      const edges = [across(i, j), upwards(i + 1, j), across(i, j + 1), upwards(i, j)];
      // Around the cell, a line enters where the heights fall below the level and leaves where they rise above it.
      for (let k = 0; k < 4; k++) {
        if (!corners[k]! || corners[(k + 1) % 4]!) continue;
        let before = k;
        while (corners[(before + 3) % 4]!) before = (before + 3) % 4;
        next.set(edges[k]!, edges[(before + 3) % 4]!);
      }
    }
  }
  const place = (key: number): GridPoint => {
    const node = Math.floor(key / 2);
    const [i, j] = [node % nodes, Math.floor(node / nodes)];
    const along = key % 2 === 0 ? at(i + 1, j) : at(i, j + 1);
    const share = (level - at(i, j)) / (along - at(i, j));
    return key % 2 === 0 ? [i + share, j] : [i, j + share];
  };
  const lines: GridPoint[][] = [];
  for (const start of [...next.keys()]) {
    const line: GridPoint[] = [];
    for (let key: number | undefined = start; key !== undefined && next.has(key);) {
      line.push(place(key));
      const following: number | undefined = next.get(key);
      next.delete(key);
      key = following;
    }
    if (line.length > 2) lines.push(line);
  }
  return lines;
}
