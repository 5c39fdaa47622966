/**
 * A manifest: which files are fitted how, in one list, as YAML by name or as CSV by row.
 *
 * ```yaml
 * config: fit.yaml                       # for entries that name none; -c does the same
 * jobs:
 *   cold: { files: 'cold/*.h5' }
 *   hot:  { files: [hot/A_1.h5, hot/A_2.h5], q: 0.0237 1/Angstrom, set: { data.frames: 1..500 } }
 *   tied: { files: 'cold/*.h5', config: tied.yaml }
 * ```
 *
 * In CSV, `file` is a column, `q`, `config` and `name` may be, columns `meta.NAME` hold numbers that say something of the file
 * and every other column is a key of the configuration; an empty cell says nothing. Relative names start in the folder of the manifest. Everything that is wrong is told at once,
 * with the line, before any work.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigRefused, InputRefused, isTwotimeError, type ErrorLocation } from '../../base/errors.ts';
import { validateConfig, type Config, type ConfigCheck } from '../../config/index.ts';
import { validateFit } from '../../nlsq/index.ts';
import { fitPlan } from '../prepare-fit.ts';
import type { BatchSet } from './batch-plan.ts';
import { expandFiles } from './expand-files.ts';
import { readCsvManifest } from './manifest-csv.ts';
import { readYamlManifest } from './manifest-yaml.ts';
import { ManifestProblems } from './manifest-problems.ts';

/** One entry as it stands in the manifest. */
export interface ManifestEntry {
  readonly where: ErrorLocation;
  /** Empty where a row has none. */
  readonly name: string;
  readonly files: readonly string[];
  /** `all`, a quantity, or null: as the configuration says. */
  readonly q: string | null;
  readonly config: string | null;
  /** `key.path=value`, each with its place. */
  readonly set: readonly { readonly text: string; readonly where: ErrorLocation }[];
  /** Numbers that say something of the files, as they stand there. */
  readonly meta: readonly { readonly name: string; readonly text: string; readonly where: ErrorLocation }[];
}

export interface ManifestRequest {
  readonly file: string;
  /** The configuration of entries that name none; null: each has to. */
  readonly config: string | null;
  /** Laid over every entry. */
  readonly set: readonly string[];
}

/** Read a manifest and every configuration it names. Throws `ConfigRefused` with all that is wrong. */
export async function readManifest({ file, config, set }: ManifestRequest): Promise<[BatchSet, ...BatchSet[]]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const message = cause.code === 'ENOENT' ? 'there is no such file' : `this file cannot be read (${cause.code})`;
    throw new ConfigRefused(message, { where: { file }, help: 'name a manifest, YAML or CSV', cause });
  });
  const problems = new ManifestProblems();
  const entries = file.toLowerCase().endsWith('.csv')
    ? readCsvManifest(text, file, problems)
    : readYamlManifest(text, file, problems);
  const place = (name: string): string => (isAbsolute(name) ? name : join(dirname(file), name));
  const sets: BatchSet[] = [];
  const checked = new Map<string, ConfigCheck>();
  for (const entry of entries) {
    const made = await setOf(entry, { config, set, place, checked }, problems);
    if (made !== null) sets.push(made);
  }
  const named = nameSets(sets);
  if (named[0] === undefined && problems.length === 0) {
    problems.add({ file }, 'the manifest has no entry', 'list files under jobs, or rows below the header');
  }
  problems.throwIfAny();
  const [first, ...others] = named;
  return [first!, ...others];
}

interface Surroundings {
  readonly config: string | null;
  readonly set: readonly string[];
  readonly place: (name: string) => string;
  /** Configurations by file and settings: many rows have the same. */
  readonly checked: Map<string, ConfigCheck>;
}

async function setOf(
  entry: ManifestEntry,
  { config, set, place, checked }: Surroundings,
  problems: ManifestProblems,
): Promise<BatchSet | null> {
  const { where, name, q } = entry;
  const files = await filesOf(entry, place, problems);
  const chosen = entry.config === null ? config : place(entry.config);
  if (chosen === null) {
    problems.add(where, 'there is no configuration', 'name one with config:, or for all of them with -c');
    return null;
  }
  const one = q === null || q === 'all' ? [] : [`data.q=${q}`];
  const own = entry.set.filter(({ text, where: at }) => {
    if (!text.startsWith('parallel.')) return true;
    problems.add(at, `${text.split('=')[0]} is of the whole batch`, 'set it in the first configuration or with --set');
    return false;
  });
  const settings = [...own.map(({ text }) => text), ...one, ...set];
  try {
    const key = JSON.stringify([chosen, settings]);
    const check = checked.get(key) ?? (await validateConfig(chosen, { set: settings }));
    checked.set(key, check);
    const { config: read, problems: wrong } = check;
    for (const problem of wrong) problems.addConfigProblem(problem, entry);
    if (read === null) return null;
    validateFit(fitPlan(read, undefined));
    const allRings = q === 'all' || (q === null && read.data.q === null);
    const meta = metaOf(entry, problems);
    if (files === null) return null;
    return { name, files, config: read, allRings, meta: new Map(files.map((file) => [resolve(file), meta])) };
  } catch (error) {
    if (!isTwotimeError(error)) throw error;
    problems.add(where, error.message, error.help ?? '');
    return null;
  }
}

/** A name that a figure and a column can have; these two have theirs. */
const META_NAME = /^[\w-]+$/;
const TAKEN = ['q', 'file'];

function metaOf({ meta }: ManifestEntry, problems: ManifestProblems): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const { name, text, where } of meta) {
    const value = Number(text);
    if (!META_NAME.test(name) || TAKEN.includes(name)) {
      problems.add(where, `'${name}' cannot be the name of a number`, 'use letters, digits, _ and -; not q or file');
    } else if (text.trim() === '' || !Number.isFinite(value)) {
      problems.add(where, `meta.${name}: '${text}' is not a number`, 'write a number without a unit');
    } else numbers[name] = value;
  }
  return numbers;
}

/** Names as they lead there from where the user stands; null when one does not exist. */
async function filesOf(
  { where, files }: ManifestEntry,
  place: (name: string) => string,
  problems: ManifestProblems,
): Promise<readonly string[] | null> {
  const found: string[] = [];
  let isWhole = true;
  for (const name of files) {
    try {
      const placed = place(name);
      const expanded = await expandFiles([placed]);
      for (const { file } of expanded) {
        await stat(file).catch((cause: unknown) => {
          throw new InputRefused('there is no such file', { where: { file }, cause });
        });
        found.push(isAbsolute(name) ? file : relative('.', file));
      }
    } catch (error) {
      if (!isTwotimeError(error, 'InputRefused')) throw error;
      problems.add(where, `${name}: ${error.message}`, error.help ?? 'check the name; it starts at the manifest');
      isWhole = false;
    }
  }
  return isWhole ? found : null;
}

/** Rows with the same configuration are one set; those without a name that differ are told apart by number. */
function nameSets(sets: readonly BatchSet[]): BatchSet[] {
  const texts = new Map<Config, string>();
  const textOf = (config: Config): string => {
    const { origins: _origins, ...values } = config;
    const text = texts.get(config) ?? JSON.stringify(values);
    texts.set(config, text);
    return text;
  };
  const groups = Map.groupBy(sets, ({ name, config, allRings }) => JSON.stringify([name, textOf(config), allRings]));
  const taken = new Map<string, number>();
  return [...groups.values()].map((group) => {
    const [first] = group;
    const before = taken.get(first!.name) ?? 0;
    taken.set(first!.name, before + 1);
    const name = before === 0 ? first!.name : `${first!.name === '' ? 'config' : first!.name}-${before + 1}`;
    const meta = new Map(group.flatMap((set) => [...(set.meta ?? [])]));
    return { ...first!, name, files: group.flatMap(({ files }) => files), meta };
  });
}
