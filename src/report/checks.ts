/** What a reader should know before using the numbers of a fit: one verdict and one sentence per check. */
import type { ResultRecord } from '../results/index.ts';
import { counted, plain } from './number-format.ts';

export interface Check {
  readonly verdict: 'PASS' | 'NOTE' | 'WARN';
  readonly text: string;
  /** Sentences below it. */
  readonly details?: readonly string[];
}

/** Condition number of the scaled information matrix from which directions are named as hardly determined. */
const ILL_CONDITIONED = 1e5;

/** Warnings that a check above the list already tells. */
const COVERED: ReadonlySet<string> = new Set(['parameter-at-bound', 'not-identifiable']);

/** Checks in the order of importance, then every warning of the run. */
export function checkResult(record: ResultRecord): Check[] {
  return [
    convergence(record),
    starts(record),
    bounds(record),
    unknownErrors(record),
    nearDegenerate(record),
    identifiability(record),
    noise(record),
    ...record.warnings
      .filter(({ code }) => !COVERED.has(code))
      .map((warning): Check => ({ verdict: 'WARN', text: `${warning.text} [${warning.code}]` })),
  ].filter((check) => check !== null);
}

function convergence({ status, solver }: ResultRecord): Check {
  return status === 'converged'
    ? { verdict: 'PASS', text: 'the fit converged' }
    : { verdict: 'WARN', text: `the fit did not converge: ${status}, ${solver.reason}` };
}

function starts({ solver }: ResultRecord): Check {
  const { starts: all, startsAtBest } = solver;
  if (all <= 1)
    return { verdict: 'NOTE', text: 'one start only: no other start confirms that this is the best minimum' };
  if (startsAtBest <= 1)
    return { verdict: 'WARN', text: `none of the other ${all - 1} starts reached the best minimum` };
  return { verdict: 'PASS', text: `${startsAtBest} of ${all} starts reached the best minimum` };
}

function bounds({ parameters }: ResultRecord): Check {
  const hits = Object.entries(parameters).filter(([, one]) => one.atBound !== null);
  if (hits.length === 0) return { verdict: 'PASS', text: 'no parameter is at a bound' };
  const told = hits.map(([name, one]) => `${name} at its ${one.atBound} bound`).join(', ');
  return { verdict: 'WARN', text: `${told}: the errors of the others hold only if the bound is true` };
}

function unknownErrors({ parameters, shownErrors }: ResultRecord): Check | null {
  const unknown = Object.entries(parameters).filter(
    ([, one]) => one.vary && one.tie === null && one.atBound === null && one.uncertainty[shownErrors] === null,
  );
  if (unknown.length === 0) return null;
  const told = unknown.map(([name, one]) => `${name} (${one.uncertainty.reason ?? 'no reason given'})`).join(', ');
  return { verdict: 'WARN', text: `no error can be given for ${told}` };
}

function nearDegenerate({ parameters }: ResultRecord): Check | null {
  const marked = Object.entries(parameters).flatMap(([name, one]) => (one.uncertainty.nearDegenerate ? [name] : []));
  if (marked.length === 0) return null;
  const text = `near-degenerate: ${marked.join(', ')}; their errors are only roughly right, the weakest direction below says why`;
  return { verdict: 'WARN', text };
}

function identifiability({ identifiability: { condition, weakest }, warnings }: ResultRecord): Check | null {
  if (condition === null && weakest.length === 0) return null;
  const number = condition === null ? 'condition number not finite' : `condition number ${plain(condition, 2)}`;
  const lost = warnings.some(({ code }) => code === 'not-identifiable');
  const ill = lost || condition === null || condition >= ILL_CONDITIONED;
  const text = weakest.length === 0 ? number : `${number}; weakest directions first:`;
  return { verdict: ill ? 'WARN' : 'PASS', text, details: weakest.map((one) => one.text) };
}

function noise({ cost }: ResultRecord): Check {
  if (!cost.noise.absolute) {
    return { verdict: 'NOTE', text: 'sigma is a relative weight between angles: chi-square does not test the model' };
  }
  const value = cost.reducedChi2;
  if (value === null) return { verdict: 'WARN', text: `no reduced chi-square: ${cost.reason ?? 'unknown reason'}` };
  const fits = value < 2;
  return {
    verdict: fits ? 'PASS' : 'WARN',
    text: fits
      ? `reduced chi-square ${plain(value, 4)} against the given sigma (${counted(cost.degreesOfFreedom, 'degree')} of freedom)`
      : `reduced chi-square ${plain(value, 4)}: the model misses more than the given sigma allows`,
  };
}
