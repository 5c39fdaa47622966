/** Plain text tables for the terminal: columns as wide as their widest cell, numbers to the right. */

/** Lay out a header and rows of equal length. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k]!.length)));
  const isNumeric = header.map((_, k) => rows.length > 0 && rows.every((row) => /^(?:[-+\d.eE]+|-)$/.test(row[k]!)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => (isNumeric[k] ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}
