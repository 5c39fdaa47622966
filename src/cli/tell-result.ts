/** What `fit` and `resume` print at the end, and the exit code of a result. */
import type { EventLog } from '../pipeline/event-log.ts';
import { consoleSummary } from '../report/index.ts';
import { resultJson, type ResultRecord } from '../results/index.ts';
import { EXIT, exitCodeOfStatus } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface TellOptions {
  readonly json?: boolean;
  readonly quiet: boolean;
}

/** `signal` is the one that stops the command. */
export function tellResult(
  record: ResultRecord,
  directory: string,
  log: EventLog,
  { json, quiet }: TellOptions,
  signal: AbortSignal,
  terminal: Terminal,
): number {
  if (json === true) terminal.result(resultJson(record));
  else if (!quiet) terminal.result(consoleSummary(record, directory, log.warnings).join('\n'));
  if (record.status === 'cancelled') terminal.message(`stopped; go on with: twotime resume ${directory}`);
  const code = exitCodeOfStatus(record.status, signal.reason);
  return code === EXIT.done && !hasPosteriorAsAsked(record) ? EXIT.notConverged : code;
}

/** Whether the posterior, if one was asked for, is there and its chains agree. */
function hasPosteriorAsAsked({ posterior, warnings }: ResultRecord): boolean {
  if (posterior === null) return !warnings.some(({ code }) => code === 'not-sampled');
  return posterior.verdict.level !== 'do-not-report' && posterior.converged;
}
