/** The text of a configuration file to a resolved configuration, or to everything that is wrong with it. */
import { ConfigRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { checkTree, isMeantElsewhere } from './check.ts';
import type { Config } from './config.ts';
import { refuseHomodyne } from './homodyne.ts';
import { asMapping } from './mapping.ts';
import { withPresentKeys } from './old-keys.ts';
import { placeProblem, type Problem } from './problem.ts';
import { resolveConfig } from './resolve.ts';
import { readSource, type Source } from './source.ts';
import { plausibilityWarnings } from './warnings.ts';

export interface ConfigCheck {
  /** Null when there is a problem. */
  readonly config: Config | null;
  /** In the order of the file, then of the command line. */
  readonly problems: readonly ConfigRefused[];
  /** What is unusual but allowed. */
  readonly warnings: readonly Warning[];
}

/**
 * Read a configuration.
 *
 * @param text YAML 1.2
 * @param file its name, for messages
 * @param settings `key.path=value`, laid over the file in this order; throws `UsageRefused` where one is not of this form
 */
export function readConfig(text: string, file: string, settings: readonly string[] = []): ConfigCheck {
  const source = withPresentKeys(readSource(text, file, settings));
  const homodyne = refuseHomodyne(source.tree, file);
  if (homodyne !== null) return failed([homodyne]);
  if (source.problems.length > 0 && source.tree === undefined) return failed(source.problems);
  if (source.tree === undefined || (asMapping(source.tree) === null && text.trim() === '')) {
    const help = 'write at least model: static, or start from `twotime config init`';
    return failed([new ConfigRefused('the file is empty', { where: { file }, help })]);
  }

  const { parsed, problems } = checkTree(source.tree);
  const resolution = parsed === null ? null : resolveConfig(parsed, file, (path) => source.originOf(path));
  const overKeys = (resolution?.problems ?? []).filter(
    (problem) => !concerns(problem, problems) && !isMeantElsewhere(problem, problems),
  );
  const all = [...source.problems, ...[...problems, ...overKeys].map((problem) => place(problem, source))];
  if (all.length > 0 || resolution === null) return failed(all.toSorted(inOrderOfText));
  return { config: resolution.config, problems: [], warnings: plausibilityWarnings(resolution.config) };
}

function failed(problems: readonly ConfigRefused[]): ConfigCheck {
  return { config: null, problems, warnings: [] };
}

function place(problem: Problem, source: Source): ConfigRefused {
  return placeProblem(problem, source.locate(problem.path, problem.at));
}

/** Whether a rule over several keys failed only because one of its keys was refused on its own. */
function concerns(problem: Problem, refused: readonly Problem[]): boolean {
  const [section, name] = problem.path;
  return refused.some(({ path }) => {
    if (path.every((key, k) => problem.path[k] === key)) return true;
    return section === 'parameters' && path[0] === section && path[1] === name;
  });
}

function inOrderOfText(a: ConfigRefused, b: ConfigRefused): number {
  const line = (error: ConfigRefused): number => error.where?.line ?? (error.where?.key === undefined ? 0 : Infinity);
  const [first, second] = [line(a), line(b)];
  if (first !== second) return first < second ? -1 : 1;
  return (a.where?.column ?? 0) - (b.where?.column ?? 0);
}
