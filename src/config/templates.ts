/** Commented configuration files to start from, as `twotime config init` writes them. */
import { formatQuantity } from '../base/units.ts';
import { physicalParameters } from '../model/parameters.ts';
import type { Mode } from '../model/two-time-model.ts';

/** What is known of a data file, for the comments of a template. */
export interface DataDescription {
  /** The file as the user named it. */
  readonly file: string;
  /** One entry per wavevector: 1/Å (null when the file does not say) and its angles in degrees. */
  readonly rings: readonly { readonly q: number | null; readonly phi: readonly number[] }[];
  /** s; null when the file does not say. */
  readonly dt: number | null;
  /** Number of frames; null when unknown. */
  readonly frames: number | null;
}

export interface TemplateOptions {
  /** What the first line tells editors about the JSON Schema; default: the file of this installation. */
  readonly schemaUrl?: string;
  /** The gap of the shear cell as a quantity with its unit, e.g. `200 um`. */
  readonly gap?: string | undefined;
}

/** The JSON Schema that belongs to this version. */
export function configSchemaUrl(): string {
  return new URL('../../schema/twotime-config.schema.json', import.meta.url).href;
}

/**
 * A starter file for one model. With a description of a data file its q, dt, frames and angles are filled in; what cannot be
 * known (the gap, unless given) has no value and is marked for the user to set, so that the file is refused until then.
 */
export function configTemplate(mode: Mode, description?: DataDescription, options: TemplateOptions = {}): string {
  const lines = [
    `# yaml-language-server: $schema=${options.schemaUrl ?? configSchemaUrl()}`,
    '# Configuration of twotime. Every key except model and gap has a default; lines beginning with # show',
    '# defaults or examples. Quantities carry their unit. Check this file with: twotime config validate FILE',
    'schema: twotime/1',
    `model: ${mode} # static: diffusion alone; laminar_flow: diffusion and shear`,
    'convention: published # or homodyne2, to reproduce results of homodyne 2.x',
    '',
    ...dataLines(mode, description, options.gap),
    '',
    ...parameterLines(mode),
    '',
    '# Contrast and offset of c2: per-angle | shared | fixed (give contrast and offset) | fourier (give order).',
    'scaling: { mode: per-angle }',
    '',
    'fit: { starts: 8 } # 1 uses the given start values alone',
    'noise: { sigma: from-data } # or a number: the noise of one point',
    'seed: 1',
    '',
    '# For twotime simulate, which also needs q, a value for every parameter, contrast and offset:',
    `# grid: { frames: 200, dt: 100 ms, phi: [${mode === 'static' ? '0 deg' : '0 deg, 45 deg, 90 deg'}] }`,
  ];
  return `${lines.join('\n')}\n`;
}

function dataLines(mode: Mode, description: DataDescription | undefined, gap: string | undefined): string[] {
  const entries: (readonly [entry: string, comment: string])[] = [qEntry(description)];
  if (mode === 'laminar_flow') entries.push(gapEntry(gap));
  entries.push(dtEntry(description), framesEntry(description), phiEntry(description));
  entries.push(
    ['# t0: 0 s', 'time of the first frame of the window'],
    ['# exclude_frames: [3, 10..20]', 'frames to leave out'],
  );
  const width = Math.max(...entries.map(([entry]) => entry.length));
  const head = description === undefined ? 'data:' : `data: # as found in ${description.file.replaceAll(/\s/g, ' ')}`;
  return [head, ...entries.map(([entry, comment]) => `  ${entry.padEnd(width)} # ${comment}`)];
}

function gapEntry(gap: string | undefined): readonly [string, string] {
  const what = 'gap between rotor and stator of your cell';
  return gap === undefined ? ['gap:', `SET THIS: ${what}, as 200 um`] : [`gap: ${gap}`, what];
}

function qEntry(description: DataDescription | undefined): readonly [string, string] {
  const rings = description?.rings ?? [];
  const values = rings.flatMap(({ q }) => (q === null ? [] : [quantityText(q, 'wavevector')]));
  const [first, ...others] = values;
  if (rings.length > 0 && first === undefined) return ['q:', 'SET THIS: the file does not say; as 0.01 1/Angstrom'];
  if (first === undefined) return ['q: from-file', 'or a wavevector: 0.0237 1/Angstrom'];
  if (others.length === 0) return ['q: from-file', `${first}, the only one`];
  return [`q: ${first}`, `choose one; the file also has ${others.join(', ')}`];
}

function dtEntry(description: DataDescription | undefined): readonly [string, string] {
  if (description === undefined) return ['dt: from-file', 'or the time between frames: 100 ms'];
  if (description.dt === null) return ['dt:', 'SET THIS: the file does not say; as 100 ms'];
  return ['dt: from-file', quantityText(description.dt, 'time')];
}

function framesEntry(description: DataDescription | undefined): readonly [string, string] {
  const last = description?.frames ?? null;
  return ['frames: all', last === null ? 'or a range, both ends included: 1..1000' : `1..${last}`];
}

function phiEntry(description: DataDescription | undefined): readonly [string, string] {
  const angles = description?.rings[0]?.phi ?? [];
  if (angles.length === 0) return ['phi: all', 'or angles and ranges: [0 deg, 80 deg..100 deg]'];
  const shown = angles.slice(0, 6).map((angle) => quantityText(angle, 'angle'));
  const rest = angles.length > shown.length ? ', …' : '';
  const noun = angles.length === 1 ? 'angle' : 'angles';
  return ['phi: all', `${angles.length} ${noun}: ${shown.join(', ')}${rest}`];
}

function parameterLines(mode: Mode): string[] {
  const width = Math.max(...physicalParameters(mode).map(({ name }) => name.length)) + 1;
  return [
    '# Without a value the start is found from the data. Also possible: vary: false (or NAME: fixed VALUE),',
    '# tie: NAME, prior: Normal(0, 1).',
    'parameters:',
    ...physicalParameters(mode).map((info) => {
      const bounds = info.bounds.map((bound) => formatQuantity(bound, info.dimension)).join(', ');
      return `  ${`${info.name}:`.padEnd(width)} { bounds: [${bounds}] } # ${info.meaning}`;
    }),
  ];
}

/** A value read from a file, to the seven digits that single precision holds. */
function quantityText(value: number, dimension: 'wavevector' | 'time' | 'angle'): string {
  return formatQuantity(Number(value.toPrecision(7)), dimension);
}
