/** `twotime submit` and `twotime collect`: a batch given to the jobs of a cluster, and taken up again. */
import { toJson } from '../../base/json.ts';
import { runBatch } from '../../pipeline/batch/run-batch.ts';
import { collectBatch, scriptOfBatch, submitBatch } from '../../pipeline/batch/submit-batch.ts';
import { writeSummary } from '../../pipeline/batch/write-summary.ts';
import { batchText } from '../../report/index.ts';
import { batchProgress } from '../batch-progress.ts';
import { EXIT } from '../exit-codes.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { exitCodeOfCounts, finish, requestOf, type BatchCommandOptions } from './batch.ts';

export interface SubmitOptions extends BatchCommandOptions {
  readonly detach: boolean;
}

export async function submitCommand(
  files: readonly string[],
  options: SubmitOptions,
  terminal: Terminal,
): Promise<number> {
  const request = await requestOf(files, options);
  return stoppable(terminal.message, async (signal) => {
    const progress = batchProgress(terminal, options.quiet);
    const context = { signal, progress: progress.plan };
    if (options.dryRun) {
      const script = await scriptOfBatch(request, context);
      terminal.status('');
      const { backend } = request.sets[0].config.parallel;
      terminal.result(options.json === true ? toJson({ backend, script }) : script.trimEnd());
      return EXIT.done;
    }
    if (!options.detach) {
      return await finish(await runBatch(request, progress.tell, context), request, options, signal, terminal);
    }
    const { record, jobs, title } = await submitBatch(request, context);
    terminal.status('');
    if (options.json === true) terminal.result(toJson(record));
    if (options.quiet) return EXIT.done;
    const { output } = request;
    if (jobs === null) terminal.message('there is nothing to do');
    else {
      const what = jobs === 1 ? 'one job' : `${jobs} jobs`;
      terminal.message(
        `${what} submitted to ${title}; look on with twotime watch ${output}, take up with twotime collect ${output}`,
      );
    }
    return EXIT.done;
  });
}

export interface CollectOptions {
  readonly close: boolean;
  readonly json?: boolean;
  readonly quiet: boolean;
}

export async function collectCommand(output: string, options: CollectOptions, terminal: Terminal): Promise<number> {
  const { record, open, living, title } = await collectBatch(output, options.close);
  const { warnings } = await writeSummary(output, record, null);
  for (const { code, text } of warnings) terminal.message(`warning[${code}]: ${text}`);
  if (options.json === true) terminal.result(toJson(record));
  else if (!options.quiet) terminal.result(batchText(record, output).join('\n'));
  if (open > 0) {
    const left =
      living === null
        ? `${title} does not answer`
        : living === 1
          ? `one job of ${title}`
          : `${living} jobs of ${title}`;
    terminal.message(`${open} ${open === 1 ? 'run is' : 'runs are'} still open (${left}); collect again later`);
    if (living === 0)
      terminal.message(
        `no job is left for them: twotime collect --close ${output} gives them up, and the batch can go on`,
      );
  }
  return exitCodeOfCounts(record.counts);
}
