/** `twotime sample` and `twotime both`: fit, then sample the posterior, in one run directory. */
import { stat } from 'node:fs/promises';
import { UsageRefused } from '../../base/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { fitAnywhere } from '../../pipeline/fit-anywhere.ts';
import { sampleOfRun } from '../../pipeline/sample-of-run.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import { tellResult } from '../tell-result.ts';
import type { Terminal } from '../terminal.ts';
import { fitSettings, type FitCommandOptions } from './fit.ts';

export interface SampleCommandOptions extends Omit<FitCommandOptions, 'config'> {
  readonly config?: string;
  readonly method?: string;
  readonly likelihood?: string;
  readonly chains?: string;
  readonly draws?: string;
  readonly until?: string;
  readonly maxTime?: string;
}

/** `source` is a two-time file, or a run whose file and configuration are taken. */
export async function sampleCommand(
  source: string,
  options: SampleCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const log = new EventLog();
  log.listen(progressListener(terminal, options.quiet));
  const { output, force } = options;
  const set = [...sampleSettings(options), ...fitSettings(options)];
  const isRun = await stat(source).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isRun && options.config === undefined) {
    throw new UsageRefused('a configuration is needed to sample a file', {
      help: 'name it with -c fit.yaml, or name a run directory in place of the file',
    });
  }
  const argv = process.argv.slice(2);
  return stoppable(terminal.message, async (signal) => {
    const ask = { output, force, work: 'sample', argv } as const;
    const record = isRun
      ? await sampleOfRun({ ...ask, run: source, config: options.config ?? null, set }, log, signal)
      : await fitAnywhere({ ...ask, file: source, config: await loadConfig(options.config!, { set }) }, log, signal);
    return tellResult(record, output, log, options, signal, terminal);
  });
}

/** Options that are short names of keys of `sample`; an explicit `--set` of one wins. */
export function sampleSettings(options: Partial<SampleCommandOptions>): string[] {
  const { method, likelihood, chains, draws, until, maxTime } = options;
  const short = { method, likelihood, chains, draws, until, max_time: maxTime };
  return Object.entries(short).flatMap(([key, value]) => (value === undefined ? [] : [`sample.${key}=${value}`]));
}
