/**
 * Make a result again from what its folder says, and say how near the new one comes: the same bits, the same within a
 * share of the errors, or different and where.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Cancelled, InputRefused } from '../base/errors.ts';
import { parseConfig, type Config } from '../config/index.ts';
import { RERUN_SCHEMA, type RerunRecord, type ResultRecord } from '../results/index.ts';
import type { EventLog } from './event-log.ts';
import { fitAnywhere, isForJobs } from './fit-anywhere.ts';
import { notWritable } from './output-folder.ts';
import { inputOfRun, readRun } from './read-run.ts';
import { CONFIG_FILE } from './run-request.ts';

export interface RerunRequest {
  readonly directory: string;
  /** Where the input is now; null: where it was. */
  readonly input: string | null;
  /** Largest change of a parameter, in standard errors, that counts as the same. */
  readonly tolerance: number;
  /** `key.path=value` of keys without influence on the result. */
  readonly set: readonly string[];
  readonly argv: readonly string[];
}

/**
 * Fit again in a folder that is removed afterwards. Throws `InputRefused` when the folder is no finished run, or the input
 * is not there or does not hold the same data.
 */
export async function rerun(request: RerunRequest, log: EventLog, signal: AbortSignal): Promise<RerunRecord> {
  const { directory, tolerance, set, argv } = request;
  const finished = await readRun(directory);
  const { record: before, configText } = finished;
  const file = await inputOfRun(finished, request.input, 'put it back, or name the file with --input');
  const asked = parseConfig(configText, join(directory, CONFIG_FILE), set);
  const place = await makePlace(directory, asked);
  try {
    const config = { ...asked, output: { figures: false, arrays: false } };
    const work = before.posterior === null ? 'fit' : 'sample';
    const record = await fitAnywhere(
      { file, config, output: join(place, 'run'), force: false, work, argv },
      log,
      signal,
    );
    if (record.status === 'cancelled') throw new Cancelled('stopped on request', { help: 'nothing was kept' });
    if (record.data.contentHash !== before.data.contentHash) {
      throw new InputRefused('the data are not those of the run', {
        where: { file },
        help: 'name the file that the run was made from with --input',
      });
    }
    return compare(before, record, tolerance);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Jobs need one that all nodes see: beside the run. */
async function makePlace(directory: string, { parallel }: Config): Promise<string> {
  if (!isForJobs(parallel)) return await mkdtemp(join(tmpdir(), 'twotime-rerun-'));
  const run = resolve(directory);
  try {
    return await mkdtemp(join(dirname(run), `.${basename(run)}.rerun-`));
  } catch (cause) {
    throw notWritable(dirname(run), cause);
  }
}

function compare(before: ResultRecord, after: ResultRecord, tolerance: number): RerunRecord {
  const changes = Object.entries(before.parameters).map(([name, { value, uncertainty }]) => {
    const now = after.parameters[name]?.value ?? null;
    const error = uncertainty.speckle ?? uncertainty.independent;
    const inErrors =
      value === null || now === null
        ? null
        : value === now
          ? 0
          : error === null || error === 0
            ? null
            : Math.abs(now - value) / error;
    return { name, before: value, after: now, inErrors };
  });
  const isNear = (one: (typeof changes)[number]): boolean =>
    one.before === one.after || (one.inErrors !== null && one.inErrors <= tolerance);
  const same = before.digest === after.digest && before.posterior?.digest === after.posterior?.digest;
  const near = before.status === after.status && changes.every(isNear);
  return {
    schema: RERUN_SCHEMA,
    verdict: same ? 'bitwise' : near ? 'within' : 'different',
    tolerance,
    status: { before: before.status, after: after.status },
    digest: { before: before.digest, after: after.digest },
    versions: { before: before.versions, after: after.versions },
    parameters: changes,
  };
}
