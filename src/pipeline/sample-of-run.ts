/** Sample the posterior of a fit that was made before, from what its run directory says. */
import { join } from 'node:path';
import { loadConfig } from '../config/index.ts';
import type { ResultRecord } from '../results/index.ts';
import type { EventLog } from './event-log.ts';
import { fitAnywhere } from './fit-anywhere.ts';
import { inputOfRun, readRun } from './read-run.ts';
import type { FitRunRequest } from './requests.ts';
import { CONFIG_FILE } from './run-request.ts';

export interface SampleOfRunRequest extends Pick<FitRunRequest, 'output' | 'force' | 'argv'> {
  /** The run directory of the fit. */
  readonly run: string;
  /** Another configuration file; null: that of the run. */
  readonly config: string | null;
  /** `key.path=value`, laid over the configuration. */
  readonly set: readonly string[];
}

/**
 * Make the fit again, which takes seconds and gives the same bits, and sample. Throws `InputRefused` when the folder is no
 * finished run, or its input is not there or has changed; a fit that comes out differently is a warning.
 */
export async function sampleOfRun(
  { run, config, set, ...request }: SampleOfRunRequest,
  log: EventLog,
  signal: AbortSignal,
): Promise<ResultRecord> {
  const finished = await readRun(run);
  const { record } = finished;
  const file = await inputOfRun(finished, null, 'put it back, or name the file in place of the run, with -c fit.yaml');
  const from = { run, contentHash: record.data.contentHash, digest: config === null ? record.digest : null };
  const resolved = await loadConfig(config ?? join(run, CONFIG_FILE), { set });
  return fitAnywhere({ ...request, file, config: resolved, work: 'sample', from }, log, signal);
}
