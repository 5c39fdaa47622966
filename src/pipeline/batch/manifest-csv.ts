/** A manifest as CSV: one file or pattern per row. */
import { suggest } from '../../base/suggest.ts';
import type { ManifestEntry } from './manifest.ts';
import type { ManifestProblems } from './manifest-problems.ts';

const KNOWN = ['file', 'q', 'config', 'name'];
/** Begins the names of columns that say something of the files. */
const META = 'meta.';

export function readCsvManifest(text: string, file: string, problems: ManifestProblems): ManifestEntry[] {
  const rows = parseCsv(text);
  const header = rows[0]?.cells.map((cell) => cell.trim()) ?? [];
  const headerAt = { file, line: rows[0]?.line ?? 1, column: 1 };
  if (!header.includes('file')) {
    problems.add(headerAt, "there is no column 'file'", `the first row names the columns, for instance file,q,config`);
    return [];
  }
  for (const [k, name] of header.entries()) {
    if (header.indexOf(name) !== k) problems.add(headerAt, `the column '${name}' stands twice`, 'keep one of the two');
    else if (!KNOWN.includes(name) && !name.includes('.') && name !== 'seed') {
      const meant = suggest(name, KNOWN);
      const help =
        meant === null ? 'columns are file, q, config, name and keys such as data.frames' : `did you mean ${meant}?`;
      problems.add(headerAt, `the column '${name}' is not known`, help);
    }
  }
  return rows.slice(1).flatMap(({ line, cells }): ManifestEntry[] => {
    const where = { file, line, column: 1 };
    if (cells.every((cell) => cell.trim() === '') || cells[0]!.startsWith('#')) return [];
    if (cells.length !== header.length) {
      problems.add(where, `${cells.length} cells under ${header.length} columns`, 'quote cells that hold a comma');
      return [];
    }
    const cell = (name: string): string => cells[header.indexOf(name)]?.trim() ?? '';
    if (cell('file') === '') {
      problems.add(where, 'the cell of the file is empty', 'name a file or a pattern');
      return [];
    }
    const meta = header.flatMap((name) => {
      if (!name.startsWith(META) || cell(name) === '') return [];
      return [{ name: name.slice(META.length), text: cell(name), where }];
    });
    const set = header.flatMap((name) => {
      if (KNOWN.includes(name) || name.startsWith(META) || cell(name) === '') return [];
      return [{ text: `${name}=${cell(name)}`, where }];
    });
    return [
      {
        where,
        name: cell('name'),
        files: [cell('file')],
        q: cell('q') || null,
        config: cell('config') || null,
        set,
        meta,
      },
    ];
  });
}

interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** RFC 4180: quoted cells may hold commas, quotes (doubled) and line ends. */
function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let [line, start] = [1, 1];
  const endRow = (): void => {
    rows.push({ line: start, cells: [...cells, cell] });
    [cells, cell] = [[], ''];
    start = line + 1;
  };
  const content = text.replace(/^\uFEFF/, '');
  for (let at = 0; at < content.length; at++) {
    const char = content[at]!;
    if (isQuoted) {
      if (char === '"' && content[at + 1] === '"') cell += content[++at]!;
      else if (char === '"') isQuoted = false;
      else cell += char;
    } else if (char === '"' && cell === '') isQuoted = true;
    else if (char === ',') {
      cells.push(cell);
      cell = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') cell += char;
    if (char === '\n') line += 1;
  }
  if (cell !== '' || cells.length > 0) endRow();
  return rows;
}
