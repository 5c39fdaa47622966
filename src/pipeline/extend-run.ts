/** Let the chains of a run that has ended go on: more draws, better agreement, or more time. */
import { join, resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import { parseConfig, toYaml } from '../config/index.ts';
import { writeFileAtomically } from '../data/index.ts';
import type { ResultRecord } from '../results/index.ts';
import type { EventLog } from './event-log.ts';
import { inputOfRun, readRun } from './read-run.ts';
import { resumeAnywhere } from './resume-anywhere.ts';
import { RunDirectory } from './run-directory.ts';
import { CONFIG_FILE, REQUEST_FILE, requestText, sha256Of } from './run-request.ts';

export interface ExtendRequest {
  readonly directory: string;
  /** Where the input is now; null: where it was. */
  readonly input: string | null;
  /** `sample.draws=N`, `sample.until=N`, `sample.max_time=T`. */
  readonly set: readonly string[];
  /** `key.path=value` of keys without influence on the result. */
  readonly workers: readonly string[];
}

/**
 * Ask a finished run for more, and go on with it: its result becomes that of a run which had been asked so from the
 * beginning. Stopped or killed meanwhile, it is gone on with by `resumeAnywhere`. Throws `InputRefused` for a run without
 * chains.
 */
export async function extendRun(request: ExtendRequest, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  const { directory: path, input, set, workers } = request;
  const finished = await readRun(path);
  const { record, configText, configFile, argv, started } = finished;
  if (record.posterior === null || record.posterior.chains.length === 0) {
    throw new InputRefused('the run has no chains that could go on', {
      where: { file: path },
      help: `sample it with chains: twotime sample ${path} --method nuts -o NEW`,
    });
  }
  const place = await inputOfRun(finished, input, 'put it back, or name the file with --input');
  const extended = toYaml(parseConfig(configText, join(path, CONFIG_FILE), set));
  const directory = await RunDirectory.reopen(path);
  try {
    const { versions, data } = record;
    const asked = {
      work: 'sample',
      input: {
        file: data.file,
        path: resolve(place),
        contentHash: data.contentHash,
      },
      config: { file: configFile ?? '', sha256: sha256Of(configText), extended },
      program: { twotime: versions['twotime'] ?? '', kernels: versions['kernels'] ?? '' },
      ...{ started, argv },
    } as const;
    await writeFileAtomically(directory.file(REQUEST_FILE), requestText(asked));
  } finally {
    await directory.leave();
  }
  const resumed = await resumeAnywhere({ directory: path, input, set: workers, fromStart: false }, log, signal);
  if (resumed.kind === 'resumed') return resumed.record;
  throw new InputRefused('another process finished the run meanwhile', {
    where: { file: path },
    help: 'look at its result',
  });
}
