/** Cells of plain text in columns. */

export interface TableStyle {
  /** Spaces between columns. Default 2. */
  readonly gap?: number;
  /** Columns set to the left; the others to the right. Default the first one. */
  readonly left?: readonly number[];
}

const INDENT = '    ';

/** One line per row, all rows with as many cells as the first; indented like the sections of a report. */
export function textTable(rows: readonly (readonly string[])[], { gap = 2, left = [0] }: TableStyle = {}): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      left.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `${INDENT}${cells.join(' '.repeat(gap))}`.trimEnd();
  });
}
