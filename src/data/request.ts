/** What a caller asks of a data file, and what the selections of angles and frames mean. */
import { InputRefused } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';
import { counted, listNumbers } from './wording.ts';

/** One angle, or a range of angles with both ends, in degrees. */
export type PhiSelection = { readonly value: number } | { readonly from: number; readonly to: number };

/** An inclusive range of frames, counted from 1 in the file. */
export interface FrameRange {
  readonly first: number;
  readonly last: number;
}

export interface DataRequest {
  /** Wavevector in 1/Å: selects the ring of the file, or says it for files that carry none. Null: the only ring. */
  readonly q: number | null;
  /** Time between frames in s. */
  readonly dt: number | 'from-file';
  /** Time of the first frame of the window in s, not negative. */
  readonly t0: number;
  readonly phi: 'all' | readonly PhiSelection[];
  readonly excludePhi: readonly PhiSelection[];
  /** Null: all frames. */
  readonly frames: FrameRange | null;
  readonly excludeFrames: readonly FrameRange[];
  /** Go on although more than 1 % of the pairs are not finite. */
  readonly allowNan: boolean;
  /** Angles in degrees, one per matrix, for files that carry none. */
  readonly phiValues?: readonly number[] | undefined;
}

/** A single angle names every angle this near, degrees: what two printed decimals can tell apart. */
const SAME_ANGLE = 0.01;

/** The frames of a window that take part. */
export interface FrameSelection {
  /** 0-based index of the window's first frame in the file. */
  readonly start: number;
  /** Frames of the window. */
  readonly width: number;
  /** Frames that take part, counted from the window's first frame, ascending. */
  readonly support: Int32Array;
  readonly outsideWindow: number;
  readonly excluded: number;
  /** 1 if the frame at t = 0 was left out. */
  readonly atTimeZero: number;
}

/** Apply window, exclusions and the rule for t = 0 to a file of `total` frames. Refuses what is not in the file. */
export function selectFrames(total: number, request: DataRequest, where: ErrorLocation): FrameSelection {
  if (!(request.t0 >= 0) || !Number.isFinite(request.t0)) {
    throw new InputRefused(`t0 = ${request.t0} s: the time of the first frame must be 0 or positive`, {
      where: { ...where, key: 'data.t0' },
      help: 'count t0 from the start of the process, for instance t0: 1 s',
    });
  }
  const window = request.frames ?? { first: 1, last: total };
  checkFrameRange(window, total, where, 'data.frames');
  const start = window.first - 1;
  const width = window.last - start;
  const out = new Uint8Array(width);
  for (const range of request.excludeFrames) {
    checkFrameRange(range, total, where, 'data.exclude_frames');
    for (let f = range.first; f <= range.last; f++) if (f >= window.first && f <= window.last) out[f - 1 - start] = 1;
  }
  const excluded = out.reduce((sum, x) => sum + x, 0);
  const atTimeZero = request.t0 === 0 && out[0] === 0 ? 1 : 0;
  if (atTimeZero === 1) out[0] = 1;
  const support = Int32Array.from(out.keys()).filter((k) => out[k] === 0);
  if (support.length < 3) {
    const reason = atTimeZero === 1 ? ' (the one at t = 0 does not count)' : '';
    throw new InputRefused(
      `only ${support.length} of ${counted(total, 'frame')} take part${reason}; a fit needs at least 3`,
      {
        where,
        help: 'use a file with more frames, or widen data.frames',
      },
    );
  }
  return { start, width, support, outsideWindow: total - width, excluded, atTimeZero };
}

function checkFrameRange(range: FrameRange, total: number, where: ErrorLocation, key: string): void {
  const whole = Number.isInteger(range.first) && Number.isInteger(range.last);
  if (whole && range.first >= 1 && range.first <= range.last && range.last <= total) return;
  throw new InputRefused(`${key}: frames ${range.first}..${range.last} are not in the file, which has 1..${total}`, {
    where: { ...where, key },
    help: `choose frames between 1 and ${total}`,
  });
}

/** Indices of the angles that `phi` and `exclude_phi` leave, in the given order. Refuses selections that match nothing. */
export function selectAngles(phi: readonly number[], request: DataRequest, where: ErrorLocation): number[] {
  const matches = (selections: readonly PhiSelection[], key: string): Set<number> => {
    const found = new Set<number>();
    for (const selection of selections) {
      const hits = phi.flatMap((angle, k) => (isSelected(angle, selection) ? [k] : []));
      if (hits.length === 0) {
        throw new InputRefused(`${key}: no angle ${formatSelection(selection)} in the file`, {
          where: { ...where, key },
          help: `the ring has φ = ${listNumbers(phi)} deg`,
        });
      }
      for (const k of hits) found.add(k);
    }
    return found;
  };
  const wanted = request.phi === 'all' ? new Set(phi.keys()) : matches(request.phi, 'data.phi');
  const unwanted = matches(request.excludePhi, 'data.exclude_phi');
  const kept = [...phi.keys()].filter((k) => wanted.has(k) && !unwanted.has(k));
  if (kept.length === 0) {
    throw new InputRefused('data.phi and data.exclude_phi leave no angle', {
      where: { ...where, key: 'data.phi' },
      help: `the ring has φ = ${listNumbers(phi)} deg`,
    });
  }
  return kept;
}

/** Whether an angle is the one named, or lies in the range named; angles differing by 360 degrees are one. */
export function isSelected(angle: number, selection: PhiSelection): boolean {
  if ('value' in selection) return angularDistance(angle, selection.value) <= SAME_ANGLE;
  const { from, to } = selection;
  if (from === to) return isSelected(angle, { value: from });
  const span = to >= from ? to - from : to - from + 360;
  if (span >= 360) return true;
  const past = (((angle - from) % 360) + 360) % 360;
  return past <= span + 1e-9 || past >= 360 - 1e-9;
}

/** Degrees between two directions, 0 to 180. */
export function angularDistance(a: number, b: number): number {
  const turn = Math.abs(a - b) % 360;
  return Math.min(turn, 360 - turn);
}

function formatSelection(selection: PhiSelection): string {
  return 'value' in selection ? `${selection.value} deg` : `within ${selection.from}..${selection.to} deg`;
}
