/** `twotime logs`: what happened in a run, line by line. */
import { UsageRefused } from '../../base/errors.ts';
import type { EventLevel } from '../../base/events.ts';
import { readEvents } from '../../pipeline/event-reader.ts';
import { EVENT_LEVELS, eventText, levelOf } from '../../report/index.ts';
import { EXIT, exitCodeOfStop } from '../exit-codes.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface LogsOptions {
  readonly follow: boolean;
  readonly level: string;
  readonly json?: boolean;
}

export async function logsCommand(run: string, options: LogsOptions, terminal: Terminal): Promise<number> {
  const least = EVENT_LEVELS.indexOf(options.level as EventLevel);
  if (least < 0) {
    throw new UsageRefused(`--level '${options.level}' is not known`, { help: `use ${EVENT_LEVELS.join(', ')}` });
  }
  return stoppable(
    () => undefined,
    async (stop) => {
      const signal = terminal.gone === undefined ? stop : AbortSignal.any([stop, terminal.gone]);
      let broken = 0;
      for await (const event of readEvents(run, { follow: options.follow, signal })) {
        if (event === null) broken += 1;
        else if (EVENT_LEVELS.indexOf(levelOf(event)) >= least) {
          terminal.result(options.json === true ? JSON.stringify(event) : eventText(event));
        }
      }
      if (broken > 0)
        terminal.message(`${broken === 1 ? '1 line was' : `${broken} lines were`} not written to the end`);
      return stop.aborted ? exitCodeOfStop(stop.reason) : EXIT.done;
    },
  );
}
