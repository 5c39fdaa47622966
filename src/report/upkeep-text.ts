/** What `bundle` and `gc` say. */
import type { BundleManifest, LeftoversRecord } from '../results/index.ts';

/** Leftovers named one by one. */
const NAMED = 40;

const WORDS = {
  'half-file': 'file that was not written to its end',
  lock: 'lock of a process that is gone',
  checkpoint: 'checkpoint of a run that is whole',
  'half-run': 'run that was not begun',
  replaced: 'run that was replaced',
} as const;

export function leftoversText({ dryRun, leftovers, bytes, inUse }: LeftoversRecord): string {
  const lines = leftovers
    .slice(0, NAMED)
    .map(({ path, kind, bytes: size }) => `${path}  ${bytesText(size)}, ${WORDS[kind]}`);
  if (leftovers.length > NAMED) lines.push(`… and ${leftovers.length - NAMED} more`);
  lines.push(...inUse.map(({ folder, worker }) => `${folder}: left alone, ${worker}`));
  const count = leftovers.length === 1 ? '1 leftover' : `${leftovers.length} leftovers`;
  const verb = dryRun ? 'would be removed' : leftovers.length === 1 ? 'was removed' : 'were removed';
  lines.push(leftovers.length === 0 ? 'there is nothing left over' : `${count} of ${bytesText(bytes)} ${verb}`);
  return lines.join('\n');
}

export function bundleText({ run, digest, files }: BundleManifest, output: string): string {
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  return `${output}: ${files.length} files of ${run}, ${bytesText(bytes)}; digest ${digest.slice(0, 16)}`;
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, size] = bytes < 1e6 ? ['kB', bytes / 1e3] : bytes < 1e9 ? ['MB', bytes / 1e6] : ['GB', bytes / 1e9];
  return `${size.toPrecision(3)} ${unit}`;
}
