/** `twotime fit`: one file, one configuration, one run directory. */
import { loadConfig } from '../../config/load.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { fitAnywhere } from '../../pipeline/fit-anywhere.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import { tellResult } from '../tell-result.ts';
import type { Terminal } from '../terminal.ts';

export interface FitCommandOptions {
  readonly config: string;
  readonly output: string;
  readonly force: boolean;
  readonly set: readonly string[];
  readonly workers?: string;
  readonly backend?: string;
  readonly profile?: string;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function fitCommand(file: string, options: FitCommandOptions, terminal: Terminal): Promise<number> {
  const config = await loadConfig(options.config, { set: fitSettings(options) });
  const log = new EventLog();
  log.listen(progressListener(terminal, options.quiet));
  const request = { file, config, output: options.output, force: options.force, argv: process.argv.slice(2) };
  return stoppable(terminal.message, async (signal) => {
    const record = await fitAnywhere(request, log, signal);
    return tellResult(record, options.output, log, options, signal, terminal);
  });
}

/** `--workers`, `--backend` and `--profile` are short names of configuration keys; an explicit `--set` of one wins. */
export function fitSettings({ set, workers, backend, profile }: Omit<FitCommandOptions, 'config'>): string[] {
  const settings = parallelSettings({ workers, backend });
  if (profile !== undefined) settings.push(`fit.profile=${profileList(profile)}`);
  return [...settings, ...set];
}

/** `--workers` and `--backend` as settings. */
export function parallelSettings({ workers, backend }: ParallelOptions): string[] {
  const short = { workers, backend };
  return Object.entries(short).flatMap(([key, value]) => (value === undefined ? [] : [`parallel.${key}=${value}`]));
}

interface ParallelOptions {
  readonly workers?: string | undefined;
  readonly backend?: string | undefined;
}

/** `D0,alpha,D0:alpha` as the list of the configuration. */
function profileList(names: string): string {
  return JSON.stringify(names.split(',').map((name) => name.trim()));
}
