/** The part of a report on profile-likelihood intervals; there only where they were asked for. */
import type { IntervalEndRecord, ParameterProfileRecord, ProfilesRecord, ResultRecord } from '../results/index.ts';
import { inAscii } from './ascii.ts';
import { KIND_WORDS } from './noise-text.ts';
import { plain } from './number-format.ts';
import { wrap } from './wrap.ts';

const INDENT = '    ';

/** Heading and lines; none where no profile was asked for. */
export function profileSection({ profiles }: ResultRecord): string[] {
  return profiles === null ? [] : ['[[Profile Likelihood]]', ...profileLines(profiles)];
}

function profileLines({ errors, reason, parameters, pairs }: ProfilesRecord): string[] {
  if (reason !== null) return wrap(`${INDENT}unknown: `, inAscii(reason));
  return [
    ...wrap(
      INDENT,
      'intervals where the cost, all other parameters fitted again, stays below its threshold; the likelihood ratio is scaled ' +
        `to the standard error ${KIND_WORDS[errors]}`,
    ),
    ...parameters.flatMap(parameterLines),
    ...pairs.flatMap(({ names, contours, reason: why }) => {
      const missing = contours.flatMap(({ level, reason: one }) => (one === null ? [] : [`${percent(level)}: ${one}`]));
      const told = why ?? (missing.length === 0 ? 'closed contours at 68 % and 95 %' : missing.join('; '));
      return wrap(`${INDENT}${names.join(' and ')}: `, inAscii(told));
    }),
  ];
}

function parameterLines({ name, unit, estimate, reason, nearDegenerate, intervals }: ParameterProfileRecord): string[] {
  if (reason !== null) return wrap(`${INDENT}${name}: `, `unknown: ${inAscii(reason)}`);
  const digits = digitsOf(estimate, intervals);
  const rows = intervals.map(({ level, lower, upper }) => {
    const width = [distance(estimate, lower), distance(estimate, upper)].map((value) =>
      value === null ? '?' : plain(value, 3),
    );
    const text = `${end(lower, digits, '-inf')} to ${end(upper, digits, '+inf')}${unit === '' ? '' : ` ${unit}`}`;
    return `${percent(level)}: ${text}  (-${width[0]} / +${width[1]})`;
  });
  const told = intervals.flatMap(({ level, lower, upper }) =>
    [lower, upper].flatMap(({ reason: why, note }, side) => {
      const word = side === 0 ? 'lower' : 'upper';
      if (why !== null) return [`no ${word} limit at ${percent(level)}: ${why}`];
      return note === null ? [] : [`${word} limit at ${percent(level)} ${note}`];
    }),
  );
  const marked = nearDegenerate
    ? ['near-degenerate: the scale is that at the minimum, and only rough along the profile']
    : [];
  const head = `${INDENT}${name}: `;
  const indent = `${INDENT}${INDENT}`;
  return [
    `${head}${plain(estimate, digits)}   ${rows.join('   ')}`,
    ...[...told, ...marked].flatMap((text) => wrap(`${indent}- `, inAscii(text))),
  ].flatMap((line) => (line.startsWith(head) ? wrap(head, line.slice(head.length), indent) : [line]));
}

/** Digits that tell the ends of the narrowest interval apart, to two of its width. */
function digitsOf(estimate: number, intervals: ParameterProfileRecord['intervals']): number {
  const distances = intervals.flatMap(({ lower, upper }) =>
    [distance(estimate, lower), distance(estimate, upper)].filter((value) => value !== null && value > 0),
  ) as number[];
  if (distances.length === 0 || estimate === 0) return 4;
  const places = Math.log10(Math.abs(estimate) / Math.min(...distances));
  return Math.min(9, Math.max(3, Math.ceil(places) + 2));
}

function distance(estimate: number, { value }: IntervalEndRecord): number | null {
  return value === null ? null : Math.abs(value - estimate);
}

function end({ value }: IntervalEndRecord, digits: number, unlimited: string): string {
  return value === null ? unlimited : plain(value, digits);
}

function percent(level: number): string {
  return `${(100 * level).toFixed(0)} %`;
}
