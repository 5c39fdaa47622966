/**
 * `checkpoint/request.json`: what a run was asked, of which data, by which program; written before the fit begins, so
 * that the run can be continued by whoever finds it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import { parseJson, toJson } from '../base/json.ts';
import type { RunWork } from './requests.ts';

export const CONFIG_FILE = 'config.yaml';
export const CHECKPOINT_FOLDER = 'checkpoint';
export const REQUEST_FILE: string = join(CHECKPOINT_FOLDER, 'request.json');
export const FIT_CHECKPOINT_FILE: string = join(CHECKPOINT_FOLDER, 'fit.json');

export const SHARDS_CHECKPOINT_FILE: string = join(CHECKPOINT_FOLDER, 'shards.json');

const REQUEST_SCHEMA = 'twotime/request@2';

/** Strings only, so that reading it back is checked in one go. */
export interface RunRequest {
  readonly work: RunWork;
  readonly input: {
    /** As the user named it. */
    readonly file: string;
    /** In full, for a resume from another folder. */
    readonly path: string;
    /** Identity of the data used, as in `provenance.json`. */
    readonly contentHash: string;
  };
  readonly config: {
    /** The configuration file as the user named it; empty when there was none. */
    readonly file: string;
    /** sha256 of the text of `config.yaml`, hex. */
    readonly sha256: string;
    /** The text that `config.yaml` gets when a run that is extended ends. */
    readonly extended?: string;
  };
  /** Version of the package, and sha256 of the kernels: what decides the bits of the result. */
  readonly program: { readonly twotime: string; readonly kernels: string };
  /** Job of the same batch whose values are the start values, if so. */
  readonly neighbour?: string;
  /** UTC, ISO 8601. */
  readonly started: string;
  /** The command line as typed. */
  readonly argv: readonly string[];
}

export function requestText(request: RunRequest): string {
  return `${toJson({ schema: REQUEST_SCHEMA, ...request })}\n`;
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What the run in `directory` was asked, and its configuration. Throws `InputRefused` when the folder does not say or was edited. */
export async function readRequest(directory: string): Promise<{ request: RunRequest; configText: string }> {
  const file = join(directory, REQUEST_FILE);
  const request = parseRequest(await readText(file, directory), file);
  const configFile = join(directory, CONFIG_FILE);
  const present = await readText(configFile, directory);
  const configText = request.config.extended ?? present;
  if (sha256Of(present) !== request.config.sha256 && present !== request.config.extended) {
    throw new InputRefused('the configuration of the run was changed after it began', {
      where: { file: configFile },
      help: 'undo the change, or start a new run from it with twotime fit',
    });
  }
  return { request, configText };
}

async function readText(file: string, directory: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new InputRefused(`the file cannot be read (${code})`, { where: { file }, cause });
    }
    throw new InputRefused('the folder does not say what the run was asked, so it cannot be resumed', {
      where: { file: directory },
      help: 'run it again with twotime fit FILE -c CONFIG -o RUN --force',
      cause,
    });
  }
}

function parseRequest(text: string, file: string): RunRequest {
  const value = parseJson(text, { file });
  const { schema, work, input, config, program, neighbour = '', started, argv } = asRecord(value);
  const inputs = asRecord(input);
  const configs = asRecord(config);
  const programs = asRecord(program);
  const texts = [neighbour, inputs['file'], inputs['path'], inputs['contentHash'], configs['file'], configs['sha256']];
  texts.push(programs['twotime'], programs['kernels'], started, configs['extended'] ?? '');
  const isWhole = [...texts, ...(Array.isArray(argv) ? (argv as unknown[]) : [null])].every(
    (one) => typeof one === 'string',
  );
  if (schema !== REQUEST_SCHEMA || !isWhole || (work !== 'fit' && work !== 'sample')) {
    throw new InputRefused('this does not say what the run was asked', {
      where: { file },
      help: 'the file is damaged or of another version; run again with twotime fit FILE -c CONFIG -o RUN --force',
    });
  }
  return value as RunRequest;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
