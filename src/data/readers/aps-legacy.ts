/**
 * APS 8-ID-I legacy HDF5: one matrix per (q, φ) bin under `exchange/C2T_all`, lists of q and φ under `xpcs`.
 *
 * | path | meaning |
 * |---|---|
 * | `/exchange/C2T_all/g2_%05d` | N×N matrix, upper half or full; `xpcs/output_data` may name another group than `/exchange` |
 * | `/xpcs/dqlist`, `/xpcs/dphilist` | (1, bins): q in 1/Å and φ in degrees of every bin, counted from 1 |
 * | `/xpcs/qphi_bin_to_process` | bins that were processed |
 * | `/measurement/instrument/detector/exposure_period` | s; dt is this × `xpcs/stride_frames` × `xpcs/avg_frames` |
 *
 * Two programs number the matrices differently: by bin, or by a counter into `qphi_bin_to_process`. If both readings
 * are possible and give different q or φ, or none is, the file is refused.
 */
import { InputRefused } from '../../base/errors.ts';
import type { Warning } from '../../base/events.ts';
import type { Hdf5DatasetInfo, Hdf5File } from '../hdf5-file.ts';
import { letEventsRun } from '../let-events-run.ts';
import type { MatrixEntry, MatrixSource } from '../matrix-source.ts';

const Q_LIST = '/xpcs/dqlist';
const PHI_LIST = '/xpcs/dphilist';
const BINS = '/xpcs/qphi_bin_to_process';
const PERIOD = '/measurement/instrument/detector/exposure_period';
const MATRICES = 'C2T_all';

export function isApsLegacy(file: Hdf5File): boolean {
  return file.kind(Q_LIST) === 'dataset' && file.kind(PHI_LIST) === 'dataset' && findMatrices(file).group !== null;
}

/** Take over an open file; the source closes it. */
export function openApsLegacy(file: Hdf5File): MatrixSource {
  const found = findMatrices(file);
  const warnings = [...found.warnings];
  const group = found.group ?? '';
  const names = matrixNames(file, group, warnings);
  const bins = assignBins(file, group, names);
  const lists = { q: list(file, Q_LIST), phi: list(file, PHI_LIST) };
  const matrices = names.map((name, k): MatrixEntry => {
    const bin = bins[k]!;
    const path = `${group}/${name.text}`;
    const q = lists.q[bin - 1]!;
    if (!(q > 0) || !Number.isFinite(q)) {
      throw new InputRefused(`bin ${bin} has q = ${q} 1/Angstrom, but ${path} belongs to it`, {
        where: { file: file.file, path: Q_LIST },
        help: 'mend the list of q in the file',
      });
    }
    return { path, bin, q, phi: lists.phi[bin - 1]! };
  });
  const described = new Map<number, Hdf5DatasetInfo>();
  const info = (matrix: number): Hdf5DatasetInfo => {
    const known = described.get(matrix) ?? file.describe(matrices[matrix]!.path);
    described.set(matrix, known);
    return known;
  };
  return {
    file: file.file,
    layout: 'aps-legacy',
    matrices,
    dt: readDt(file, warnings),
    firstTime: null,
    warnings,
    describe: info,
    frames: (matrix) => checkMatrix(file.file, info(matrix)),
    async read(selected, first, count, handle, context) {
      for (const matrix of selected) {
        for (const { row, rows, cells } of file.readWindow(info(matrix), first, count)) {
          for (let r = 0; r < rows; r++) handle(matrix, row + r, cells, r * count);
          await letEventsRun(context);
        }
      }
    },
    independent: true,
    checksum: null,
    intensity: () => readIntensity(file, found.results),
    close: () => file.close(),
  };
}

/** The group of matrices, under `output_data` if that leads somewhere, else under `/exchange`. */
function findMatrices(file: Hdf5File): { group: string | null; results: string; warnings: Warning[] } {
  const named = file.text('/xpcs/output_data')?.replace(/\/+$/, '');
  const candidates = named === undefined || named === '' ? ['/exchange'] : [absolute(named), '/exchange'];
  const results = candidates.find((path) => file.kind(`${path}/${MATRICES}`) === 'group');
  if (results === undefined) return { group: null, results: '/exchange', warnings: [] };
  const warnings: Warning[] = [];
  if (results !== candidates[0]) {
    const text = `/xpcs/output_data names ${candidates[0]}, which has no ${MATRICES}; ${results}/${MATRICES} is read`;
    warnings.push({ code: 'output-data-not-found', text });
  }
  return { group: `${results}/${MATRICES}`, results, warnings };
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

interface MatrixName {
  readonly text: string;
  readonly number: number;
}

/** Names of the matrices by ascending number; entries that are no numbered datasets are left out with a warning. */
function matrixNames(file: Hdf5File, group: string, warnings: Warning[]): MatrixName[] {
  const names: MatrixName[] = [];
  const others: string[] = [];
  for (const text of file.children(group)) {
    const digits = /(\d+)$/.exec(text)?.[1];
    if (digits !== undefined && file.kind(`${group}/${text}`) === 'dataset')
      names.push({ text, number: Number(digits) });
    else others.push(text);
  }
  names.sort((a, b) => a.number - b.number);
  const where = { file: file.file, path: group };
  const twin = names.find((name, k) => k > 0 && names[k - 1]!.number === name.number);
  if (twin !== undefined) {
    throw new InputRefused(`two matrices have the number ${twin.number}`, { where, help: 'names must be unique' });
  }
  if (names.length === 0) {
    throw new InputRefused('no matrices g2_00001, g2_00002, … in this group', {
      where,
      help: 'check that the two-time analysis has finished',
    });
  }
  if (others.length > 0) {
    const text = `${group} also holds ${others.slice(0, 5).join(', ')}, not numbered matrices; they are left out`;
    warnings.push({ code: 'unknown-entries', text });
  }
  return names;
}

/** The bin (from 1) of each matrix under the reading of its number that the file allows. */
function assignBins(file: Hdf5File, group: string, names: readonly MatrixName[]): number[] {
  const q = list(file, Q_LIST);
  const phi = list(file, PHI_LIST);
  if (q.length !== phi.length) {
    throw new InputRefused(`${phi.length} angles, but ${Q_LIST} has ${q.length} values of q`, {
      where: { file: file.file, path: PHI_LIST },
      help: 'both lists have one entry per bin; mend the file',
    });
  }
  const numbers = names.map((name) => name.number);
  const listed = file.numbers(BINS);
  const processed = listed === null ? null : [...listed.values];
  const readings: number[][] = [];
  if (processed === null || isSubset(numbers, processed)) readings.push(numbers);
  if (processed !== null && numbers.length === processed.length && numbers.every((n, k) => n === k + 1)) {
    readings.push(processed);
  }
  const inside = readings.filter((bins) => bins.every((b) => Number.isInteger(b) && b >= 1 && b <= q.length));
  const distinct = inside.filter((bins) => new Set(bins).size === bins.length);
  const [first, second] = distinct;
  const span = `${names[0]!.text} … ${names.at(-1)!.text}`;
  if (first === undefined) {
    const against =
      processed === null
        ? `${q.length} bins of ${Q_LIST}`
        : `the ${processed.length} bins of ${BINS} and the ${q.length} of ${Q_LIST}`;
    throw new InputRefused(`the ${names.length} matrices ${span} contradict ${against}`, {
      where: { file: file.file, path: group },
      help: 'numbers must be bins, or count 1, 2, … through the list of processed bins; mend the file',
    });
  }
  const same = (a: number, b: number): boolean => q[a - 1] === q[b - 1] && phi[a - 1] === phi[b - 1];
  if (second !== undefined && !first.every((bin, k) => same(bin, second[k]!))) {
    const k = first.findIndex((bin, at) => !same(bin, second[at]!));
    throw new InputRefused(
      `${names[k]!.text} may be bin ${first[k]} (φ = ${phi[first[k]! - 1]} deg) or, by ${BINS}, ` +
        `bin ${second[k]} (φ = ${phi[second[k]! - 1]} deg)`,
      {
        where: { file: file.file, path: group },
        help: 'the file does not say which; sort the list of processed bins or rename the matrices by bin',
      },
    );
  }
  return first;
}

function isSubset(part: readonly number[], whole: readonly number[]): boolean {
  const set = new Set(whole);
  return part.every((x) => set.has(x));
}

/** A list stored as (1, n), (n, 1) or (n). */
function list(file: Hdf5File, path: string): Float64Array {
  const found = file.numbers(path);
  const long = found?.shape.filter((n) => n !== 1) ?? [];
  if (found !== null && long.length <= 1 && found.values.length > 0) return found.values;
  const what = found === null ? 'no list of numbers' : `a list of shape ${found.shape.join('×')}`;
  throw new InputRefused(`${what} where one number per bin is expected`, {
    where: { file: file.file, path },
    help: 'the list has shape (1, bins); mend the file',
  });
}

function readDt(file: Hdf5File, warnings: Warning[]): MatrixSource['dt'] {
  const scalar = (path: string): number | null => {
    const found = file.numbers(path);
    if (found !== null && found.values.length === 1 && found.values[0]! > 0 && Number.isFinite(found.values[0])) {
      return found.values[0]!;
    }
    if (file.kind(path) !== 'missing') {
      warnings.push({ code: 'value-not-usable', text: `${path} is not one positive number and is not used` });
    }
    return null;
  };
  const period = scalar(PERIOD);
  if (period === null) return null;
  const stride = scalar('/xpcs/stride_frames') ?? 1;
  const average = scalar('/xpcs/avg_frames') ?? 1;
  const factor = stride * average === 1 ? '' : ` × stride_frames × avg_frames = ${period} s × ${stride} × ${average}`;
  return { value: period * stride * average, origin: `${PERIOD}${factor}` };
}

/** Row 1 of `frameSum` (2, N): the summed intensity of each frame. */
function readIntensity(file: Hdf5File, results: string): Float64Array | null {
  const found = file.numbers(`${results}/frameSum`);
  if (found === null || found.shape.length !== 2 || found.shape[0] !== 2) return null;
  return found.values.subarray(found.shape[1]);
}

/** N of a square float matrix. */
function checkMatrix(file: string, info: Hdf5DatasetInfo): number {
  const where = { file, path: info.path };
  if (info.shape.length !== 2 || info.shape[0] !== info.shape[1]) {
    const shape = info.shape.length === 0 ? 'a single value' : `shape ${info.shape.join('×')}`;
    throw new InputRefused(`${shape} where a square two-time matrix is expected`, { where, help: OTHER_ANGLES });
  }
  if (!info.dtype.startsWith('float32') && !info.dtype.startsWith('float64')) {
    throw new InputRefused(`numbers of type ${info.dtype}; float32 or float64 is expected`, {
      where,
      help: OTHER_ANGLES,
    });
  }
  return info.shape[0]!;
}

const OTHER_ANGLES = 'leave this angle out with data.exclude_phi, or write the file again';
