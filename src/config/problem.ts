/** Problems of a configuration: collected in one pass, then shown one per line with where they stand. */
import { ConfigRefused, formatError, type ErrorLocation } from '../base/errors.ts';

/** One thing that is wrong, still by key. */
export interface Problem {
  /** Keys from the top of the file, e.g. `['parameters', 'D0', 'value']`. */
  readonly path: readonly string[];
  /** Whether the key itself or its value is wrong; decides what a location points at. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly help: string;
  /** The dotted key that was probably meant; it is then not reported as missing as well. */
  readonly meant?: string;
}

/** All problems of one configuration; prints one per line, each with its location and advice. */
export class ConfigProblems extends ConfigRefused {
  readonly problems: readonly ConfigRefused[];

  constructor(problems: readonly ConfigRefused[]) {
    super(problems.map(formatError).join('\n'));
    this.problems = problems;
  }
}

/** The error to throw for a list that is not empty: the problem itself when there is one, else all of them. */
export function asError(problems: readonly ConfigRefused[]): ConfigRefused {
  return problems.length === 1 ? problems[0]! : new ConfigProblems(problems);
}

/** Attach a place to a problem; a value's message begins with its key. */
export function placeProblem(problem: Problem, where: ErrorLocation): ConfigRefused {
  const key = problem.path.join('.');
  const message = problem.at === 'key' || key === '' ? problem.message : `${key}: ${problem.message}`;
  return new ConfigRefused(message, { where: { ...where, key }, help: problem.help });
}
