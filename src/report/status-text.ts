/** How batches and runs stand, as text for the terminal. */
import type { BatchCounts, FolderStatus } from '../results/index.ts';
import { countsText, failureLines } from './batch-text.ts';

/** Runs named one by one. */
const NAMED = 10;

export function statusText({ folder, kind, worker, counts, running, open }: FolderStatus): string {
  const lines = [`${folder} (${kind}): ${kind === 'run' ? runText(counts) : countsText(counts)}`];
  if (worker !== null) lines.push(`  ${worker}`);
  if (running.length > 0) lines.push(`  at work now: ${named(running)}`);
  const failed = open.filter(({ status }) => status === 'failed');
  lines.push(...failureLines(failed));
  const stopped = open.filter(({ status }) => status === 'cancelled').map(({ name }) => name);
  if (stopped.length > 0) lines.push(`  stopped, to be continued: ${named(stopped)}`);
  if (counts.skipped > 0) lines.push(`  ${open.find(({ status }) => status === 'skipped')?.reason ?? ''}`);
  return lines.join('\n');
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED ? `, … (${names.length} in all)` : '';
  return names.slice(0, NAMED).join(', ') + more;
}

/** Of the one run there is. */
function runText({ ok, notConverged, failed, cancelled }: BatchCounts): string {
  if (ok > 0) return notConverged > 0 ? 'ended without convergence' : 'converged';
  if (failed > 0) return 'failed';
  return cancelled > 0 ? 'stopped' : 'at work';
}
