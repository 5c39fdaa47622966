/** A comparison of runs as text for the terminal, Markdown, CSV or LaTeX; and what its ranking says, in words. */
import { unknownsOf, type ComparisonRecord, type RankedRun } from '../results/index.ts';
import { comparisonTable, type Cell, type ComparisonTable } from './comparison-rows.ts';
import { plain, withError } from './number-format.ts';
import { wrap } from './wrap.ts';

export const COMPARISON_FORMATS = ['text', 'markdown', 'csv', 'latex'] as const;
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

const FORMATTERS: Readonly<Record<ComparisonFormat, (table: ComparisonTable) => string>> = {
  text: asText,
  markdown: asMarkdown,
  csv: asCsv,
  latex: asLatex,
};

/** The table; values with one standard error. */
export function comparisonText(record: ComparisonRecord, format: ComparisonFormat): string {
  return FORMATTERS[format](comparisonTable(record));
}

/** Whether one model predicts better, or why that is not said. */
export function rankingText({ runs, ranking, reason }: ComparisonRecord): string[] {
  if (ranking === null) return wrap('not ranked: ', reason ?? 'no reason given', '  ');
  const [best, ...others] = ranking.runs;
  const [smallest, largest] = ranking.framesPerBlock;
  const sizes = smallest === largest ? `${smallest}` : `${smallest} to ${largest}`;
  const unknowns = (run: string): number => unknownsOf(runs.find((one) => one.run === run)!.record);
  return [
    ...wrap(
      'ranking: ',
      `cross-validation with ${ranking.blocks} blocks of ${sizes} frames, each left out, fitted without and predicted; ` +
        `sigma: ${ranking.noise}`,
      '  ',
    ),
    `  ${best!.run} predicts best (${unknowns(best!.run)} unknowns)`,
    ...others.flatMap((other) =>
      wrap('  ', `${other.run} ${verdictOn(other, best!)} (${unknowns(other.run)} unknowns)`, '    '),
    ),
    ...(ranking.preferred === best!.run
      ? []
      : wrap('  ', `${ranking.preferred} has the fewest unknowns of those that cannot be told apart`, '    ')),
    ...ranking.notes.flatMap((note) => wrap('  note: ', note)),
  ];
}

function verdictOn({ difference, error, worse }: RankedRun, best: RankedRun): string {
  const amount = `${withError(100 * difference, 100 * error)} % of its cost`;
  return worse ? `predicts worse by ${amount}` : `cannot be told from ${best.run}: worse by ${amount}`;
}

function cellText(cell: Cell): string {
  if (cell.kind === 'words') return cell.text;
  const number = cell.error === null ? plain(cell.value) : withError(cell.value, cell.error);
  return cell.note === '' ? number : `${number} (${cell.note})`;
}

function asText({ runs, rows }: ComparisonTable): string {
  const lines = [
    ['', ...runs],
    ...rows.map(({ name, unit, cells }) => [unit === '' ? name : `${name} (${unit})`, ...cells.map(cellText)]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, k) => cell.padEnd(widths[k]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function asMarkdown({ runs, rows }: ComparisonTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [
    line(['', 'unit', ...runs]),
    line(['---', '---', ...runs.map(() => '---')]),
    ...rows.map(({ name, unit, cells }) =>
      line([name, unit, ...cells.map((cell) => cellText(cell).replace(' +/- ', ' ± ').replace('+/-', '±'))]),
    ),
  ].join('\n');
}

/** Value, error and note in columns of their own, so that numbers stay numbers and are not rounded. */
function asCsv({ runs, rows }: ComparisonTable): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
  return [
    line(['quantity', 'unit', ...runs.flatMap((run) => [run, `${run} error`, `${run} note`])]),
    ...rows.map(({ name, unit, cells }) =>
      line([
        name,
        unit,
        ...cells.flatMap((cell) =>
          cell.kind === 'words'
            ? [cell.text, '', '']
            : [String(cell.value), cell.error === null ? '' : String(cell.error), cell.note],
        ),
      ]),
    ),
  ].join('\n');
}

function asLatex({ runs, rows }: ComparisonTable): string {
  const line = (cells: readonly string[]): string => String.raw`${cells.join(' & ')} \\`;
  const body = rows.map(({ name, unit, cells }) =>
    line([latexWords(name), LATEX_UNITS[unit] ?? latexWords(unit), ...cells.map(latexCell)]),
  );
  return [
    String.raw`\begin{tabular}{ll${'l'.repeat(runs.length)}}`,
    String.raw`\hline`,
    line(['', 'unit', ...runs.map(latexWords)]),
    String.raw`\hline`,
    ...body,
    String.raw`\hline`,
    String.raw`\end{tabular}`,
  ].join('\n');
}

const LATEX_UNITS: Readonly<Record<string, string>> = {
  'Angstrom^2/s': String.raw`\AA$^2$\,s$^{-1}$`,
  '1/s': 's$^{-1}$',
  deg: String.raw`$^\circ$`,
};

function latexCell(cell: Cell): string {
  if (cell.kind === 'words') return latexWords(cell.text);
  const number = cell.error === null ? plain(cell.value) : withError(cell.value, cell.error);
  const set = number.replace('+/-', String.raw`\pm`).replace(/e([+-])0*(\d+)$/, (_, sign: string, power: string) => {
    return String.raw` \times 10^{${sign === '-' ? '-' : ''}${power}}`;
  });
  return `$${set}$${cell.note === '' ? '' : ` (${latexWords(cell.note)})`}`;
}

const LATEX_SPECIAL: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
};

function latexWords(text: string): string {
  return text.replaceAll(/[\\~^&%$#_{}]/g, (character) => LATEX_SPECIAL[character] ?? `\\${character}`);
}
