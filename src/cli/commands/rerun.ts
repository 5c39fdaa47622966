/** `twotime rerun`: make a result again and say how near it comes. */
import { UsageRefused } from '../../base/errors.ts';
import { toJson } from '../../base/json.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { rerun } from '../../pipeline/rerun.ts';
import { rerunText } from '../../report/index.ts';
import { EXIT } from '../exit-codes.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { parallelSettings } from './fit.ts';

export interface RerunCommandOptions {
  readonly input?: string;
  readonly tolerance: string;
  readonly workers?: string;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function rerunCommand(
  directory: string,
  options: RerunCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const tolerance = Number(options.tolerance);
  if (options.tolerance.trim() === '' || !(tolerance >= 0)) {
    throw new UsageRefused(`--tolerance '${options.tolerance}' is not a number of standard errors`, {
      help: 'for instance --tolerance 0.01',
    });
  }
  const log = new EventLog();
  log.listen(progressListener(terminal, options.quiet));
  const asked = { tolerance, set: parallelSettings(options), argv: process.argv.slice(2) };
  const request = { directory, input: options.input ?? null, ...asked };
  const record = await stoppable(terminal.message, (signal) => rerun(request, log, signal));
  terminal.status('');
  terminal.result(options.json === true ? toJson(record) : rerunText(record));
  return record.verdict === 'different' ? EXIT.notConverged : EXIT.done;
}
