/** Ranges of frames and angles as a configuration writes them: `3`, `10..20`, `45 deg`, `-10..10 deg`. */
import { formatQuantity } from '../base/units.ts';
import type { Range } from './config.ts';
import { accepted, readListOf, readQuantityOf, refused, show, type Reader, type Reading } from './reading.ts';

/** `first..last`, frame numbers counted from 1, both ends included. */
export const readFrameWindow: Reader<Range> = (input) => {
  const range = typeof input === 'string' ? readFrames(input) : null;
  if (range === null)
    return refused(`${show(input)} is not a range of frames`, 'write first..last, for example 1..1000');
  return range;
};

const readFrameEntry: Reader<Range> = (input) => {
  const reading = typeof input === 'string' || typeof input === 'number' ? readFrames(String(input)) : null;
  return reading ?? refused(`${show(input)} is not a frame`, 'write frames as [3, 10..20]');
};

/** A frame, a range of frames, or a list of both. */
export const readFrameList: Reader<readonly Range[]> = (input) =>
  readListOf(readFrameEntry, 0)(Array.isArray(input) ? input : [input]);

function readFrames(text: string): Reading<Range> | null {
  const match = /^\s*(\d+)\s*(?:\.\.\s*(\d+)\s*)?$/.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1) return refused(`'${text}' begins at frame ${first}`, 'frames are counted from 1');
  return ordered(text, first, last);
}

const readAngle = readQuantityOf('angle');

const readAngleEntry: Reader<Range> = (input) => {
  const ends = typeof input === 'string' ? input.split('..') : [input];
  if (ends.length > 2) return refused(`${show(input)} is not a range`, 'write a range as -10 deg..10 deg');
  const last = readAngle(ends.at(-1));
  if (!last.ok) return last;
  if (ends.length === 1) return accepted({ first: last.value, last: last.value });
  const [start, end] = ends as [string, string];
  // In `-10..10 deg` the unit stands once, after the second number.
  const bare = /^\s*[+\u2212-]?[\d.]+(?:[eE][+-]?\d+)?\s*$/.test(start);
  const first = readAngle(bare ? `${start.trim()} ${unitOf(end)}` : start);
  return first.ok ? ordered(String(input), first.value, last.value, '; across 180 deg write 170 deg..190 deg') : first;
};

/** An angle, a range of angles, or a list of both; in degrees. */
export const readAngleList: Reader<readonly Range[]> = (input) =>
  readListOf(readAngleEntry)(Array.isArray(input) ? input : [input]);

/** As `readAngleList`, and an empty list is accepted. */
export const readAngleListOrNone: Reader<readonly Range[]> = (input) =>
  Array.isArray(input) && input.length === 0 ? accepted([]) : readAngleList(input);

/** A list of single angles, no two equal, in degrees. */
export const readDistinctAngles: Reader<readonly number[]> = (input) => {
  const reading = readListOf(readAngle)(input);
  if (!reading.ok) return reading;
  const twice = reading.value.find((angle, k) => reading.value.indexOf(angle) !== k);
  if (twice !== undefined) return refused(`the angle ${twice} deg stands twice`, 'write each angle once');
  return reading;
};

function ordered(text: string, first: number, last: number, crossing = ''): Reading<Range> {
  if (first <= last) return accepted({ first, last });
  return refused(`'${text}' runs backwards`, `write the lower end first${crossing}`);
}

function unitOf(text: string): string {
  return text.replace(/^\s*[+\u2212-]?[\d.]+(?:[eE][+-]?\d+)?\s*/, '');
}

/** A range of frames as the configuration writes it. */
export function formatFrames({ first, last }: Range): string {
  return first === last ? String(first) : `${first}..${last}`;
}

/** An angle or a range of angles as the configuration writes it. */
export function formatAngles({ first, last }: Range): string {
  const end = formatQuantity(last, 'angle');
  return first === last ? end : `${formatQuantity(first, 'angle')}..${end}`;
}
