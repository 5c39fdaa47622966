/** `twotime extend`: let the chains of a finished run go on. */
import { UsageRefused } from '../../base/errors.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { extendRun } from '../../pipeline/extend-run.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import { tellResult } from '../tell-result.ts';
import type { Terminal } from '../terminal.ts';
import { parallelSettings } from './fit.ts';
import { sampleSettings } from './sample.ts';

export interface ExtendCommandOptions {
  readonly draws?: string;
  readonly until?: string;
  readonly maxTime?: string;
  readonly input?: string;
  readonly workers?: string;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function extendCommand(
  directory: string,
  options: ExtendCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const set = sampleSettings(options);
  if (set.length === 0) {
    throw new UsageRefused('it is not said how far the chains are to go', {
      help: 'add --draws N, --until N or --max-time TIME',
    });
  }
  const log = new EventLog();
  log.listen(progressListener(terminal, options.quiet));
  const request = { directory, input: options.input ?? null, set, workers: parallelSettings(options) };
  return stoppable(terminal.message, async (signal) => {
    const record = await extendRun(request, log, signal);
    return tellResult(record, directory, log, options, signal, terminal);
  });
}
