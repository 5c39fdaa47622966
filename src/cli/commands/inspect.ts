/** `twotime inspect`: what a file holds, matrix by matrix, and what it does not say. */
import { toJson } from '../../base/json.ts';
import { describeFile, type FileDescription, type MatrixDescription } from '../../data/index.ts';
import { EXIT } from '../exit-codes.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { formatTable } from '../table.ts';

export interface InspectOptions {
  readonly json?: boolean;
}

export async function inspectCommand(file: string, options: InspectOptions, terminal: Terminal): Promise<number> {
  const description = await stoppable(terminal.message, (signal) => describeFile(file, { signal }));
  terminal.result(options.json === true ? toJson(description) : formatDescription(description));
  return EXIT.done;
}

function formatDescription(description: FileDescription): string {
  const { file, layout, frames, dt, dtOrigin, matrices, outlyingIntensities, unsaid, warnings } = description;
  const lines = [
    `file      ${file}`,
    `layout    ${layout}`,
    `frames    ${frames ?? 'differ between matrices'}`,
    `dt        ${dt === null ? 'not in the file' : `${dt} s (${dtOrigin ?? 'file'})`}`,
    ...description.rings.map((ring) => `ring      ${formatRing(ring)}`),
    '',
    formatTable(COLUMNS, matrices.map(matrixRow)),
  ];
  if (outlyingIntensities !== null) {
    const list = outlyingIntensities.length === 0 ? 'none' : outlyingIntensities.join(', ');
    lines.push('', `frames whose total intensity stands out: ${list}`);
  }
  const problems = matrices.flatMap(({ path, problem }) => (problem === null ? [] : [`${path}: ${problem}`]));
  lines.push(...section('a fit would refuse', problems));
  lines.push(...section('the file does not say', unsaid));
  lines.push(
    ...section(
      'warnings',
      warnings.map(({ code, text }) => `${code}: ${text}`),
    ),
  );
  return lines.join('\n');
}

function formatRing({ q, phi }: FileDescription['rings'][number]): string {
  const angles = phi.length === 0 ? 'angles not in the file' : `phi ${phi.map((angle) => round(angle)).join(', ')} deg`;
  return `q ${q === null ? 'not in the file' : `${round(q)} 1/Angstrom`}, ${angles}`;
}

const COLUMNS = [
  'matrix',
  'bin',
  'q (1/A)',
  'phi (deg)',
  'shape',
  'dtype',
  'filled',
  'not finite',
  'c2 min',
  'c2 max',
  'odd frames',
];

function matrixRow(matrix: MatrixDescription): string[] {
  const { path, bin, q, phi, shape, dtype, values } = matrix;
  const head = [path, bin, q === null ? null : round(q), phi === null ? null : round(phi), shape.join('×'), dtype];
  const tail =
    values === null
      ? ['unreadable', null, null, null, null]
      : [
          values.fill,
          `${values.nonFinite} of ${values.pairs}`,
          values.minimum === null ? null : round(values.minimum),
          values.maximum === null ? null : round(values.maximum),
          values.outlyingFrames.length === 0 ? 'none' : values.outlyingFrames.slice(0, 8).join(' '),
        ];
  return [...head, ...tail].map((cell) => (cell === null ? '-' : String(cell)));
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
