/** Read a finished run back from its directory, for comparison. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { readConfig, type Config } from '../config/index.ts';
import type { ComparedRun, ResultRecord } from '../results/index.ts';
import { EVENTS_FILE } from './event-log.ts';
import { CONFIG_FILE, sha256Of } from './run-request.ts';

export interface FinishedRun extends ComparedRun {
  /** Input file as the user named it for the fit, and where it was, seen from the run; null in runs that do not say. */
  readonly input: string;
  readonly inputFromRun: string | null;
  /** What the fit was asked. */
  readonly config: Config;
  /** Text of `config.yaml`, and the file it came from as the user named it; null when there was none. */
  readonly configText: string;
  readonly configFile: string | null;
  /** The command line as typed, and when the run began (UTC, ISO 8601). */
  readonly argv: readonly string[];
  readonly started: string;
}

const WHOLE = 'run it again with twotime fit FILE -c CONFIG -o RUN --force';

/** Throws `InputRefused` for a folder that is no run, one whose run has not ended, and damaged files. */
export async function readRun(run: string): Promise<FinishedRun> {
  await refuseOtherThings(run);
  const record = await readResult(run);
  const file = join(run, 'provenance.json');
  const provenance = parseJson(await readText(file), { file });
  const { input, config, ...parts } = partsOf(provenance, file);
  const configFile = join(run, CONFIG_FILE);
  if (sha256Of(await readText(configFile)) !== sha256Of(config)) {
    throw new InputRefused('the configuration of the run was changed after it ended', {
      where: { file: configFile },
      help: 'undo the change (provenance.json holds the text), or run the fit again from it',
    });
  }
  const read = readConfig(config, configFile);
  if (read.config === null) {
    throw new InputRefused(`this version cannot read the configuration of the run: ${read.problems[0]?.message}`, {
      where: { file: configFile },
      help: WHOLE,
    });
  }
  return { run, record, input, config: read.config, configText: config, ...parts };
}

/** Where the input of a run is: where it was, seen from the run or from the current folder; null when it is at neither place. */
export async function placeOfRunInput({ run, input, inputFromRun }: FinishedRun): Promise<string | null> {
  const places = [...(inputFromRun === null ? [] : [join(run, inputFromRun)]), input];
  for (const place of places) {
    const isThere = await stat(place).then(
      () => true,
      () => false,
    );
    // By the name that the user gave if it leads there, so that files of the run read the same.
    if (isThere) return resolve(place) === resolve(input) ? input : place;
  }
  return null;
}

/** The input of a run, or its new place when that is given. Throws `InputRefused` where there is none. */
export async function inputOfRun(finished: FinishedRun, given: string | null, help: string): Promise<string> {
  const place = await placeOfRunInput(given === null ? finished : { ...finished, input: given, inputFromRun: null });
  if (place !== null) return place;
  const what = given === null ? 'the input of the run is not where it was' : 'there is no such file';
  throw new InputRefused(what, { where: { file: given ?? finished.input }, help });
}

async function refuseOtherThings(run: string): Promise<void> {
  const where = { file: run };
  let names: string[];
  try {
    names = await readdir(run);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT'
        ? 'there is no such run'
        : code === 'ENOTDIR'
          ? 'this is a file, not a run directory'
          : `the run cannot be read (${code})`;
    throw new InputRefused(what, { where, help: 'name the folder that twotime fit was given with -o', cause });
  }
  if (names.includes('result.json')) return;
  if (names.includes(EVENTS_FILE)) {
    throw new InputRefused('the run has not ended', { where, help: `go on with it: twotime resume ${run}` });
  }
  throw new InputRefused('this folder is not a run directory (it has no result.json)', {
    where,
    help: 'name the folder that twotime fit was given with -o',
  });
}

async function readResult(run: string): Promise<ResultRecord> {
  const file = join(run, 'result.json');
  const value = parseJson(await readText(file), { file });
  const { resultSchema } = await import('../results/result-schema.ts');
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const text = `this is not a result that this version reads (${path.join('.') || 'the whole'}: ${message})`;
    throw new InputRefused(text, { where: { file }, help: WHOLE });
  }
  const record = value as ResultRecord;
  if (record.status === 'cancelled') {
    throw new InputRefused('the run was stopped before it ended', {
      where: { file: run },
      help: `go on with it: twotime resume ${run}`,
    });
  }
  return record;
}

function partsOf(
  provenance: unknown,
  file: string,
): { config: string } & Pick<FinishedRun, 'input' | 'inputFromRun' | 'configFile' | 'argv' | 'started'> {
  const { input, config, argv, started } = asMapping(provenance);
  const { file: path, fromRun } = asMapping(input);
  const { text, file: configFile } = asMapping(config);
  const words = Array.isArray(argv) ? argv.filter((word) => typeof word === 'string') : [];
  if (typeof path === 'string' && typeof text === 'string' && typeof started === 'string') {
    const named = typeof configFile === 'string' ? configFile : null;
    const inputFromRun = typeof fromRun === 'string' ? fromRun : null;
    return { input: path, inputFromRun, config: text, configFile: named, argv: words, started };
  }
  throw new InputRefused('this does not say where the data of the run came from', { where: { file }, help: WHOLE });
}

function asMapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'the run lacks this file' : `the file cannot be read (${code})`;
    throw new InputRefused(what, { where: { file }, help: WHOLE, cause });
  }
}
