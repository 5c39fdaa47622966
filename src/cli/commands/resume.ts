/** `twotime resume`: go on with a run that was stopped or killed. */
import { EventLog } from '../../pipeline/event-log.ts';
import { resumeAnywhere } from '../../pipeline/resume-anywhere.ts';
import { EXIT } from '../exit-codes.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { parallelSettings } from './fit.ts';
import { tellResult } from '../tell-result.ts';

export interface ResumeCommandOptions {
  readonly input?: string;
  readonly fromStart: boolean;
  readonly workers?: string;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function resumeCommand(
  directory: string,
  options: ResumeCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const log = new EventLog();
  log.listen(progressListener(terminal, options.quiet));
  const request = {
    directory,
    input: options.input ?? null,
    set: parallelSettings(options),
    fromStart: options.fromStart,
  };
  return stoppable(terminal.message, async (signal) => {
    const resumed = await resumeAnywhere(request, log, signal);
    if (resumed.kind === 'resumed') return tellResult(resumed.record, directory, log, options, signal, terminal);
    if (!options.quiet)
      terminal.message(`${directory}: the run has ended (${resumed.status}); there is nothing to resume`);
    if (options.json === true) terminal.result(resumed.text);
    return EXIT.done;
  });
}
