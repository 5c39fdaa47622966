/** `twotime batch`: many files, one configuration, one folder that can be continued. */
import { isTwotimeError, UsageRefused } from '../../base/errors.ts';
import { toJson } from '../../base/json.ts';
import { loadConfig, type Config } from '../../config/index.ts';
import type { BatchRequest } from '../../pipeline/batch/batch-plan.ts';
import { dryRun } from '../../pipeline/batch/dry-run.ts';
import { readManifest } from '../../pipeline/batch/manifest.ts';
import { runBatch, type BatchOutcome } from '../../pipeline/batch/run-batch.ts';
import { watchFolder } from '../../pipeline/batch/watch-folder.ts';
import { writeSummary } from '../../pipeline/batch/write-summary.ts';
import { batchText, dryRunText } from '../../report/index.ts';
import type { BatchCounts } from '../../results/index.ts';
import { batchProgress } from '../batch-progress.ts';
import { EXIT, exitCodeOfStop } from '../exit-codes.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface BatchCommandOptions {
  readonly config?: string;
  readonly manifest?: string;
  readonly output: string;
  readonly q?: string;
  readonly only?: 'failed' | 'pending';
  readonly dryRun: boolean;
  readonly maxFailures?: string;
  readonly failFast: boolean;
  readonly overlap: boolean;
  readonly timeline: boolean;
  readonly watch?: string;
  readonly settle: string;
  readonly set: readonly string[];
  readonly sample?: boolean;
  readonly workers?: string;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function batchCommand(
  files: readonly string[],
  options: BatchCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const request = await requestOf(files, options);
  return stoppable(terminal.message, async (signal) => {
    const progress = batchProgress(terminal, options.quiet);
    const context = { signal, progress: progress.plan };
    if (options.dryRun) {
      const plan = await dryRun(request, context);
      terminal.status('');
      terminal.result(options.json === true ? toJson(plan) : dryRunText(plan));
      return EXIT.done;
    }
    if (options.watch === undefined) {
      return await finish(await runBatch(request, progress.tell, context), request, options, signal, terminal);
    }
    const watched = { folder: options.watch, settle: settleOf(options.settle) };
    const json = options.json === true;
    let code: number = EXIT.done;
    let last: BatchOutcome | null = null;
    const after = async (outcome: BatchOutcome): Promise<{ isOver: boolean }> => {
      last = outcome;
      // One document, at the end.
      const told = { ...options, quiet: options.quiet || json, json: false };
      code = await finish(outcome, request, told, signal, terminal);
      return { isOver: outcome.stopped };
    };
    const begun = (): void => {
      if (!options.quiet) terminal.message(`watching ${options.watch}; Ctrl-C ends it`);
    };
    await watchFolder(request, watched, { begun, tell: progress.tell, after }, context);
    if (json) terminal.result(toJson((last as BatchOutcome | null)?.record ?? null));
    return signal.aborted ? exitCodeOfStop(signal.reason) : code;
  });
}

/** Write the summary, say how it went; throws what ended the batch before its time. */
export async function finish(
  { record, timeline, broken }: BatchOutcome,
  { output }: BatchRequest,
  options: BatchCommandOptions,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  terminal.status('');
  let failure = broken;
  try {
    const { warnings } = await writeSummary(output, record, options.timeline ? timeline : null);
    for (const { code, text } of warnings) terminal.message(`warning[${code}]: ${text}`);
  } catch (error) {
    if (!isTwotimeError(error, 'OutputFailed')) throw error;
    failure ??= error;
  }
  if (options.json === true) terminal.result(toJson(record));
  else if (!options.quiet) terminal.result(batchText(record, failure === null ? output : null).join('\n'));
  if (failure !== null) throw failure;
  if (signal.aborted) {
    terminal.message('stopped; the same command goes on');
    return exitCodeOfStop(signal.reason);
  }
  return exitCodeOfCounts(record.counts);
}

/** 0 when every job is there and converged. */
export function exitCodeOfCounts({ submitted, ok, notConverged }: BatchCounts): number {
  return ok === submitted && notConverged === 0 ? EXIT.done : EXIT.notConverged;
}

export async function requestOf(files: readonly string[], options: BatchCommandOptions): Promise<BatchRequest> {
  return {
    sets: await setsOf(files, options),
    output: options.output,
    only: onlyOf(options.only),
    maxFailures: options.failFast ? 1 : failuresOf(options.maxFailures),
    overlap: options.overlap,
    argv: process.argv.slice(2),
  };
}

function settleOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new UsageRefused(`--settle '${text}' is not a number of seconds`, { help: 'for instance --settle 5' });
}

async function setsOf(files: readonly string[], options: BatchCommandOptions): Promise<BatchRequest['sets']> {
  const { manifest, q, watch } = options;
  const set = allSettings(options);
  if (watch !== undefined && (files.length > 0 || manifest !== undefined || options.dryRun)) {
    const help = 'leave out the files, --manifest and --dry-run, or --watch';
    throw new UsageRefused('--watch says which files are fitted', { help });
  }
  if (manifest !== undefined) {
    if (files.length > 0 || q !== undefined) {
      const help = 'leave out the files and --q, or --manifest';
      throw new UsageRefused('a manifest says which files and rings are fitted', { help });
    }
    return await readManifest({ file: manifest, config: options.config ?? null, set });
  }
  if (options.config === undefined) {
    throw new UsageRefused('there is no configuration', { help: 'name one with -c, or a --manifest' });
  }
  const config = await loadConfig(options.config, { set });
  const allRings = q === 'all' || (q === undefined && saysNoRing(config));
  return [{ name: '', files, config, allRings }];
}

function saysNoRing({ data }: Config): boolean {
  return data.q === null;
}

/** Short names of configuration keys; an explicit `--set` of one wins. */
function allSettings({ set, sample, workers, backend, q }: BatchCommandOptions): string[] {
  const settings: string[] = [];
  if (sample === true) settings.push('sample.batch=true');
  if (workers !== undefined) settings.push(`parallel.workers=${workers}`);
  if (backend !== undefined) settings.push(`parallel.backend=${backend}`);
  if (q !== undefined && q !== 'all') settings.push(`data.q=${q}`);
  return [...settings, ...set];
}

function onlyOf(text: string | undefined): BatchRequest['only'] {
  if (text === undefined) return null;
  if (text === 'failed' || text === 'pending') return text;
  throw new UsageRefused(`--only '${text}' is not known`, { help: 'use --only failed or --only pending' });
}

function failuresOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageRefused(`--max-failures '${text}' is not a count`, { help: 'use a number from 1 on' });
}
