/** How near a result that was made again comes to the first one, in words. */
import type { RerunRecord } from '../results/index.ts';
import { plain } from './number-format.ts';

export function rerunText({ verdict, tolerance, status, digest, versions, parameters }: RerunRecord): string {
  const largest = Math.max(0, ...parameters.map(({ inErrors }) => inErrors ?? 0));
  const head = {
    bitwise: `the same bits: digest ${digest.after.slice(0, 12)}`,
    within: `the same within ${plain(largest, 2)} standard errors (allowed: ${plain(tolerance)}); the bits differ`,
    different: 'different',
  }[verdict];
  const lines = [head];
  if (verdict !== 'bitwise') {
    if (status.before !== status.after) lines.push(`  status: ${status.before} became ${status.after}`);
    for (const { name, before, after, inErrors } of parameters) {
      if (before === after) continue;
      const by = inErrors === null ? '' : ` (${plain(inErrors, 2)} standard errors)`;
      lines.push(`  ${name}: ${plain(before ?? NaN, 9)} became ${plain(after ?? NaN, 9)}${by}`);
    }
  }
  for (const name of Object.keys({ ...versions.before, ...versions.after })) {
    const [before, after] = [versions.before[name], versions.after[name]];
    if (before !== after) lines.push(`  ${name}: ${short(before)} then, ${short(after)} now`);
  }
  return lines.join('\n');
}

function short(version: string | undefined): string {
  return version === undefined ? 'none' : version.slice(0, 12);
}
