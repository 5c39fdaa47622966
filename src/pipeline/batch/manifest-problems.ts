/** Everything that is wrong with a manifest, told at once in the order of its lines. */
import { ConfigRefused, type ErrorLocation } from '../../base/errors.ts';
import { ConfigProblems } from '../../config/index.ts';
import type { ManifestEntry } from './manifest.ts';

export class ManifestProblems {
  readonly #problems: ConfigRefused[] = [];

  get length(): number {
    return this.#problems.length;
  }

  add(where: ErrorLocation, message: string, help: string): void {
    this.#problems.push(new ConfigRefused(message, { where, ...(help === '' ? {} : { help }) }));
  }

  /** One that was found elsewhere, with its place there. */
  take(problem: ConfigRefused): void {
    this.#problems.push(problem);
  }

  /** A problem of a configuration: in its file, or of a value that the manifest sets. */
  addConfigProblem(problem: ConfigRefused, { set, where }: ManifestEntry): void {
    if (problem.where?.file !== 'command line') {
      const isKnown = this.#problems.some(({ message, where: at }) => {
        return message === problem.message && at?.file === problem.where?.file && at?.line === problem.where?.line;
      });
      if (!isKnown) this.take(problem);
      return;
    }
    const key = problem.where.key ?? '';
    const setting = set.find(
      ({ text }) => text.startsWith(`${key}=`) || `${key}.`.startsWith(`${text.split('=')[0]}.`),
    );
    this.add(setting?.where ?? where, problem.message, problem.help ?? '');
  }

  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    const line = ({ where }: ConfigRefused): number => where?.line ?? 0;
    const sorted = this.#problems.toSorted((a, b) => line(a) - line(b));
    throw sorted.length === 1 ? sorted[0]! : new ConfigProblems(sorted);
  }
}
