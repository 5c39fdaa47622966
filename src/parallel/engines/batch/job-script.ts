/**
 * The script of a job: what the scheduler reads, the modules of the site, and the host program.
 *
 * Values of a site are checked when the configuration is read; here everything that a shell sees stands in single quotes,
 * where nothing has a meaning but the quote itself.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageRefused } from '../../../base/errors.ts';
import type { Dialect, JobRequest } from './dialect.ts';

export interface ScriptPlaces {
  /** The work folder. */
  readonly folder: string;
  /** Where relative names of files lead from. */
  readonly directory: string;
  /** Folder of this submission inside the work folder. */
  readonly job: string;
  readonly node: string;
  readonly program: string;
  /** Compiled scripts are kept here; null: nowhere. */
  readonly cache: string | null;
}

export function jobScript(dialect: Dialect, request: JobRequest, places: ScriptPlaces): string {
  const { site } = request;
  const { folder, directory, job, node, program, cache } = places;
  const words = [
    'exec',
    quote(node),
    quote(program),
    quote(folder),
    dialect.ownElement,
    quote(String(site.time ?? 0)),
    quote(String(site.reserve)),
  ];
  return [
    '#!/bin/bash',
    ...dialect.directives(request),
    '',
    `element=${dialect.ownElement}`,
    `exec >>${quote(job)}/"\${element}.log" 2>&1`,
    `cd ${quote(directory)} || exit 66`,
    ...site.modules.map((name) => `module load ${quote(name)} || exit 67`),
    'export MALLOC_ARENA_MAX=2',
    ...(cache === null ? [] : [`export NODE_COMPILE_CACHE=${quote(cache)}`]),
    words.join(' '),
    '',
  ].join('\n');
}

/** One word for a shell, whatever is in it. Throws `UsageRefused` for what no line of a script can hold. */
export function quote(word: string): string {
  if (/[\0\r\n]/.test(word)) {
    throw new UsageRefused(
      `a name that goes into a script of a scheduler holds a line break: ${JSON.stringify(word)}`,
      {
        help: 'rename the folder',
      },
    );
  }
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** This program, for jobs that start in `directory`. */
export function hostPlaces(directory: string): Omit<ScriptPlaces, 'folder' | 'job'> {
  // The suffix is that of this file: .ts in a checkout, .js in the package.
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const program = fileURLToPath(new URL(`./host-main${suffix}`, import.meta.url));
  const cache = getCompileCacheDir();
  return { directory, node: process.execPath, program, cache: cache === undefined ? null : dirname(cache) };
}
