/** Comma-separated text as RFC 4180 has it. */

export type CsvCell = string | number | boolean | null;

/** Rows as text, the lines ended by CRLF; null is an empty cell, numbers keep all their digits. */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return `${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function csvCell(value: CsvCell): string {
  if (value === null) return '';
  const content = String(value);
  return /[",\r\n]/.test(content) ? `"${content.replaceAll('"', '""')}"` : content;
}
