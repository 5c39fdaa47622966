/**
 * Does the fit find the truth, and do its errors hold where points are independent? Prints one row per mode and convention.
 *
 *   node bench/recovery.ts [count] [static|laminar_flow|all] [published|homodyne2|all]      default: 400 all all
 *
 * How the files are made and what counts as reached is told in `recovery-cases.ts`.
 */
import { argv } from 'node:process';
import type { Convention, Mode } from '../src/model/index.ts';
import { recover, summariseRecovery, type RecoveredFile } from './recovery-cases.ts';

const MODES: readonly Mode[] = ['static', 'laminar_flow'];
const CONVENTIONS: readonly Convention[] = ['published', 'homodyne2'];

const count = Number(argv[2] ?? 400);
const modes = MODES.filter((mode) => (argv[3] ?? 'all') === 'all' || argv[3] === mode);
const conventions = CONVENTIONS.filter((convention) => (argv[4] ?? 'all') === 'all' || argv[4] === convention);
if (!Number.isInteger(count) || count < 2 || modes.length === 0 || conventions.length === 0) {
  console.error('usage: node bench/recovery.ts [count] [static|laminar_flow|all] [published|homodyne2|all]');
  process.exit(64);
}

for (const mode of modes) {
  for (const convention of conventions) await report(mode, convention);
}

async function report(mode: Mode, convention: Convention): Promise<void> {
  const started = performance.now();
  const files: RecoveredFile[] = [];
  for (let index = 0; index < count; index++) files.push(await recover(mode, convention, index));
  const seconds = (performance.now() - started) / 1000;
  const { reachedBest, converged, nearDegenerate, pulls } = summariseRecovery(files);
  console.log(
    `${mode} ${convention}: ${reachedBest} of ${count} reached the best minimum, ${converged} converged, ` +
      `${nearDegenerate} near-degenerate (no pulls), ${seconds.toFixed(0)} s`,
  );
  const missed = files.flatMap(({ reachedBest: reached }, index) => (reached ? [] : [index]));
  if (missed.length > 0) console.log(`  missed: files ${missed.join(', ')}`);
  console.log('  pulls (value − truth)/σ      mean    sd');
  for (const { name, mean, sd } of pulls) {
    console.log(`  ${name.padEnd(24)} ${mean.toFixed(3).padStart(8)} ${sd.toFixed(3).padStart(5)}`);
  }
}
