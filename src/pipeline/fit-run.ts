/** One fit from file to run directory: read, fit, write; nothing is written before the input is accepted. */
import { resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import { toYaml } from '../config/index.ts';
import { validateFit } from '../nlsq/index.ts';
import type { ResultRecord } from '../results/index.ts';
import { completeFit, type RunToComplete } from './complete-fit.ts';
import { EVENTS_FILE, type EventLog } from './event-log.ts';
import { checkRunDirectory } from './output-folder.ts';
import { fitPlan, prepareFit, type PreparedFit } from './prepare-fit.ts';
import type { FitRunRequest } from './requests.ts';
import { RunDirectory } from './run-directory.ts';
import { CONFIG_FILE, REQUEST_FILE, requestText, sha256Of } from './run-request.ts';
import { packageVersion } from './versions.ts';

/**
 * Run one fit. Events go to `log`; the returned record is the content of `result.json`. With status `cancelled` the folder
 * keeps a checkpoint, from which `resumeFit` goes on; the same holds for a folder whose process was killed.
 *
 * Throws `InputRefused`, `ConfigRefused` or `OutputRefused` with nothing written, `OutputFailed` with everything
 * written so far removed, `Cancelled` when stopped before there was a result, with nothing left either.
 */
export async function runFit(request: FitRunRequest, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  await checkNewRun(request);
  const started = new Date().toISOString();
  await using prepared = await prepareFit(request, log, { signal, progress: log.record });
  refuseOtherData(request, prepared);
  return await fitPrepared(request, prepared, started, log, signal);
}

/** The part of `runFit` that writes. Whoever prepared the fit disposes of it. */
export async function fitPrepared(
  request: FitRunRequest,
  prepared: PreparedFit,
  started: string,
  log: EventLog,
  signal: AbortSignal,
): Promise<ResultRecord> {
  const run = await createRun(request, prepared, started);
  try {
    return await completeFit(run, log, signal);
  } catch (error) {
    log.abandon();
    // Nothing half-written stays behind: the folder goes, and what it replaced comes back.
    await run.directory.discard();
    throw error;
  }
}

/** Refuse data that are not those of the run that is taken up. */
export function refuseOtherData({ file, from }: FitRunRequest, { dataset }: Pick<PreparedFit, 'dataset'>): void {
  if (from === undefined || from.contentHash === dataset.source.contentHash) return;
  throw new InputRefused(`the data are not those of ${from.run}`, {
    where: { file },
    help: 'put back the file the run was made from, or name the new one in place of the run, with -c fit.yaml',
  });
}

/** What can be refused before the data are read. */
export async function checkNewRun({ output, force, config, work }: FitRunRequest): Promise<void> {
  await checkRunDirectory(output, force);
  validateFit(fitPlan(config, undefined));
  if (work === 'sample') (await import('./sample-fit.ts')).checkSampling(config);
}

/** Make the run directory of a fit that can begin; whoever asked leaves or discards it. */
export async function createRun(
  request: FitRunRequest,
  prepared: PreparedFit,
  started: string,
): Promise<RunToComplete> {
  const configText = toYaml(request.config);
  const contents = {
    // First, because it marks a run directory.
    [EVENTS_FILE]: '',
    [CONFIG_FILE]: configText,
    [REQUEST_FILE]: requestText(asked(request, prepared, configText, started)),
  };
  const directory = await RunDirectory.create(request.output, request.force, contents);
  return { request, prepared, directory, configText, started, resumed: null, checkpoint: null };
}

function asked(request: FitRunRequest, { dataset, compute }: PreparedFit, configText: string, started: string) {
  const { file, config, argv, neighbour, work = 'fit' } = request;
  return {
    work,
    input: { file, path: resolve(file), contentHash: dataset.source.contentHash },
    config: { file: config.file ?? '', sha256: sha256Of(configText) },
    program: { twotime: packageVersion(), kernels: compute.kernels.hash },
    ...(neighbour === undefined ? {} : { neighbour }),
    started,
    argv,
  };
}
