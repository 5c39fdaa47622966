/** Whether the numbers of a sampling run may be reported, which parameter is worst, and what to try. */
import { energyFraction } from '../diagnostics/index.ts';
import type { ImportanceVerdict } from '../importance/index.ts';
import type { Chain } from '../nuts/index.ts';
import type { Summary } from './quantities.ts';

/** `good`: report. `check`: usable with care. `do-not-report`: the numbers are not the posterior's. */
export type VerdictLevel = 'good' | 'check' | 'do-not-report';

export interface Verdict {
  readonly level: VerdictLevel;
  /** The quantity that agrees least between the chains; null without chains. */
  readonly worst: string | null;
  /** One sentence per finding, worst first; what to try is part of it. */
  readonly findings: readonly { readonly level: VerdictLevel; readonly text: string }[];
}

/** Limits for `good`, and beyond which nothing should be reported. */
const R_HAT = { good: 1.01, usable: 1.05 };
const EFFECTIVE_SIZE = { good: 400, usable: 100 };
/** Share of the draws whose trajectory diverged. */
const DIVERGENT = { good: 0, usable: 0.1 };
/** Share of the draws that used all doublings. */
const DEEPEST = { good: 0.01 };
/** Smallest E-BFMI of a chain (Betancourt 2016). */
const ENERGY = { good: 0.3 };

const ORDER: readonly VerdictLevel[] = ['do-not-report', 'check', 'good'];

/** The verdict on real chains. */
export function judgeChains(chains: readonly Chain[], summaries: readonly Summary[], maxDepth: number): Verdict {
  const findings: { level: VerdictLevel; text: string }[] = [];
  const draws = chains.flatMap((chain) => chain.draws);
  const level = (good: boolean, usable: boolean): VerdictLevel => (good ? 'good' : usable ? 'check' : 'do-not-report');
  const add = (found: VerdictLevel, text: string): void => {
    if (found !== 'good') findings.push({ level: found, text });
  };

  const judged = summaries.filter((summary) => summary.chains !== null);
  /** A parameter without an R̂ did not move at all, which is worse than any number. */
  const disagreement = ({ chains: found }: Summary): number => (Number.isNaN(found!.rHat) ? Infinity : found!.rHat);
  const worst = judged.reduce<Summary | null>(
    (most, summary) => (most === null || disagreement(summary) > disagreement(most) ? summary : most),
    null,
  );
  if (worst !== null) {
    const { rHat } = worst.chains!;
    const text = Number.isFinite(rHat)
      ? `the chains disagree most on ${worst.name}: R-hat ${rHat.toFixed(3)}, should be below ${R_HAT.good}; draw more`
      : `${worst.name} has no R-hat: its draws are too few or do not move`;
    add(level(rHat < R_HAT.good, rHat < R_HAT.usable), text);
    for (const kind of ['essBulk', 'essTail'] as const) {
      const least = judged.reduce((most, summary) => (summary.chains![kind] < most.chains![kind] ? summary : most));
      const size = least.chains![kind];
      const name = kind === 'essBulk' ? 'bulk' : 'tail';
      add(
        level(size > EFFECTIVE_SIZE.good, size > EFFECTIVE_SIZE.usable),
        `${least.name} has ${Math.round(size)} effective draws in its ${name}, should be above ${EFFECTIVE_SIZE.good}; draw more`,
      );
    }
  }
  const divergent = draws.filter(({ diverging }) => diverging).length;
  add(
    level(divergent <= DIVERGENT.good * draws.length, divergent < DIVERGENT.usable * draws.length),
    `${divergent} of ${draws.length} draws diverged, so parts of the posterior may be missing; fix or tie parameters the ` +
      'data leave open, or give them narrower priors',
  );
  const left = chains.flatMap(({ divergences }) => divergences).filter(({ draw, outside }) => outside && draw >= 0);
  add(
    level(left.length < 0.05 * draws.length, true),
    `${left.length} of ${draws.length} trajectories ended at a bound; the posterior leans on it`,
  );
  const deepest = draws.filter(({ depth }) => depth >= maxDepth).length;
  add(
    level(deepest <= DEEPEST.good * draws.length, true),
    `${deepest} of ${draws.length} trajectories were cut off at ${maxDepth} doublings; they crawl along a ridge`,
  );
  const energies = chains.map((chain) => energyFraction(chain.draws.map(({ energy }) => energy)));
  const lowest = Math.min(...energies);
  add(
    level(lowest > ENERGY.good, true),
    `E-BFMI of a chain is ${lowest.toFixed(2)}, should be above ${ENERGY.good}: the tails are explored slowly`,
  );
  findings.sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return { level: findings[0]?.level ?? 'good', worst: worst?.name ?? null, findings };
}

/** The verdict on importance sampling alone. */
export function judgeWeights({ accepted, checks }: ImportanceVerdict): Verdict {
  const failed = checks.filter(({ passed }) => !passed);
  const level = accepted ? 'good' : failed.some(({ rule }) => rule === 'tail') ? 'do-not-report' : 'check';
  return {
    level,
    worst: null,
    findings: failed.map(({ rule, text }) => ({
      level: rule === 'tail' ? 'do-not-report' : 'check',
      text: `${text}; sample with chains`,
    })),
  };
}
