/** `twotime compare`: runs side by side, and which model predicts better. */
import { UsageRefused } from '../../base/errors.ts';
import { toJson } from '../../base/json.ts';
import { compareRuns } from '../../pipeline/compare-runs.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { COMPARISON_FORMATS, comparisonText, rankingText, type ComparisonFormat } from '../../report/index.ts';
import { EXIT } from '../exit-codes.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface CompareOptions {
  readonly format: string;
  readonly input?: string;
  readonly rank: boolean;
  readonly json?: boolean;
}

export async function compareCommand(
  runs: readonly string[],
  options: CompareOptions,
  terminal: Terminal,
): Promise<number> {
  const format = formatOf(options.format);
  const log = new EventLog();
  log.listen(progressListener(terminal, false));
  const request = { runs, input: options.input ?? null, rank: options.rank };
  const record = await stoppable(terminal.message, (signal) => compareRuns(request, { signal, progress: log.record }));
  terminal.status('');
  if (options.json === true) {
    terminal.result(toJson(record));
    return EXIT.done;
  }
  terminal.result(comparisonText(record, format));
  if (!options.rank) return EXIT.done;
  // A table that goes into a file should hold nothing else.
  const words = rankingText(record);
  if (format === 'text') terminal.result(['', ...words].join('\n'));
  else words.forEach(terminal.message);
  return EXIT.done;
}

function formatOf(text: string): ComparisonFormat {
  const format = COMPARISON_FORMATS.find((one) => one === text);
  if (format !== undefined) return format;
  throw new UsageRefused(`there is no format '${text}'`, { help: `use ${COMPARISON_FORMATS.join(', ')}` });
}
