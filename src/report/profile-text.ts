/** The part of a report on profile-likelihood intervals; there only where they were asked for. */
import type { IntervalRecord, ParameterProfileRecord, ProfilesRecord, ResultRecord } from '../results/index.ts';
import { inAscii } from './ascii.ts';
import { KIND_WORDS, NEAR_DEGENERATE } from './noise-text.ts';
import { plain } from './number-format.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

const INDENT = '    ';

/** Heading and lines; none where no profile was asked for. */
export function profileSection({ profiles }: ResultRecord): string[] {
  return profiles === null ? [] : ['[[Profile Likelihood]]', ...profileLines(profiles)];
}

function profileLines({ errors, reason, parameters, pairs }: ProfilesRecord): string[] {
  if (reason !== null) return wrap(`${INDENT}unknown: `, inAscii(reason));
  const rows = parameters.flatMap(parameterRows);
  const degenerate = parameters.some(({ nearDegenerate }) => nearDegenerate);
  return [
    ...wrap(
      INDENT,
      'limits where the cost, all other parameters fitted again, has risen to its threshold; likelihood ratios are scaled ' +
        `to the standard error ${KIND_WORDS[errors]}`,
    ),
    ...(rows.length === 0
      ? []
      : textTable([['', 'estimate', '', 'lower', 'upper', 'down', 'up', ''], ...rows], { left: [0, 7] })),
    ...parameters.flatMap(parameterNotes),
    ...(degenerate
      ? wrap(`${INDENT}${NEAR_DEGENERATE}: `, 'the scale is that at the minimum, and only rough along the profile')
      : []),
    ...pairs.flatMap(({ names, contours, reason: why }) => {
      const missing = contours.flatMap(({ level, reason: one }) => (one === null ? [] : [`${percent(level)}, ${one}`]));
      const told = why ?? (missing.length === 0 ? 'closed contours at 68 % and 95 %' : missing.join('; '));
      return wrap(`${INDENT}${names.join(' and ')}: `, inAscii(told));
    }),
  ];
}

function parameterRows({
  name,
  unit,
  estimate,
  reason,
  nearDegenerate,
  intervals,
}: ParameterProfileRecord): string[][] {
  if (reason !== null) return [];
  const digits = digitsOf(estimate, intervals);
  return intervals.map(({ level, lower, upper }, k) => {
    const [low, high] = [lower.value, upper.value];
    return [
      ...(k === 0 ? [name, plain(estimate, digits)] : ['', '']),
      percent(level),
      low === null ? 'no limit' : plain(low, digits),
      high === null ? 'no limit' : plain(high, digits),
      low === null ? '' : `-${plain(Math.abs(estimate - low), 3)}`,
      high === null ? '' : `+${plain(Math.abs(high - estimate), 3)}`,
      k === 0 && nearDegenerate ? [unit, NEAR_DEGENERATE].join('  ').trim() : unit,
    ];
  });
}

/** Why there is no limit, and what limits owe to bounds. */
function parameterNotes({ name, reason, intervals }: ParameterProfileRecord): string[] {
  if (reason !== null) return wrap(`${INDENT}${name}: `, `unknown, ${inAscii(reason)}`);
  const told = intervals.flatMap(({ level, lower, upper }) =>
    [lower, upper].flatMap((one, side) => {
      const which = `${side === 0 ? 'lower' : 'upper'} limit at ${percent(level)}`;
      if (one.reason !== null) return [`no ${which}, ${one.reason}`];
      return one.note === null ? [] : [`${which} ${one.note}`];
    }),
  );
  return told.flatMap((text) => wrap(`${INDENT}${name}: `, inAscii(text)));
}

/** Digits that tell the ends of the narrowest interval apart, to two of its width. */
function digitsOf(estimate: number, intervals: readonly IntervalRecord[]): number {
  const distances = intervals
    .flatMap(({ lower, upper }) => [lower.value, upper.value])
    .flatMap((value) => (value === null || value === estimate ? [] : [Math.abs(value - estimate)]));
  if (distances.length === 0 || estimate === 0) return 4;
  return Math.min(9, Math.max(3, Math.ceil(Math.log10(Math.abs(estimate) / Math.min(...distances))) + 2));
}

function percent(level: number): string {
  return `${(100 * level).toFixed(0)} %`;
}
