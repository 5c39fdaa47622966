/** How often profile-likelihood intervals hold the truth, beside those of the speckle standard error, on simulated speckle. */
import { ROOTS_OF_ONE, type FitOutcome, type ParameterProfile } from '../src/nlsq/index.ts';
import { DYNAMICS, fitSet, type CoverageCase } from './coverage-cases.ts';

/** Intervals of one parameter and one probability over all sets. */
export interface ProfileCoverage {
  readonly name: string;
  readonly level: number;
  /** Sets in which the fit was at its best minimum and the profile could be followed. */
  readonly sets: number;
  /** Sets whose parameter has a known standard error, and how many of these intervals hold the truth. */
  readonly symmetric: { readonly known: number; readonly hold: number };
  /** Intervals that hold the truth; a side on which there is no limit holds everything. */
  readonly hold: number;
  /** Truth below the lower end, above the upper end. */
  readonly below: number;
  readonly above: number;
  /** Intervals with both ends. */
  readonly closed: number;
  /** Sets marked near-degenerate, and intervals of them that hold the truth. */
  readonly marked: { readonly sets: number; readonly hold: number };
  /** Median of (upper − estimate)/(estimate − lower) of closed intervals. */
  readonly skew: number;
}

/** Coverage of the profiles of all physical parameters. */
export async function profileCoverage(
  one: CoverageCase,
  weights: 'none' | 'speckle',
): Promise<{ rows: ProfileCoverage[]; seconds: number; sweeps: number; lower: number }> {
  const started = performance.now();
  const { truth } = DYNAMICS[one.dynamics]!;
  const names = Object.keys(truth);
  const outcomes: FitOutcome[] = [];
  for (let set = 0; set < one.sets; set++) {
    outcomes.push(await fitSet(one, set, { weights, profile: names.map((name) => [name]) }));
  }
  const lower = outcomes.filter(({ warnings }) => warnings.some(({ code }) => code === 'lower-minimum')).length;
  return {
    rows: names.flatMap((name) => [0, 1].map((k) => coverageOf(name, k, truth[name]!, outcomes))),
    seconds: (performance.now() - started) / 1000,
    sweeps: outcomes.reduce((sum, { solver }) => sum + solver.fullSweeps, 0) / outcomes.length,
    lower,
  };
}

function coverageOf(name: string, k: number, truth: number, outcomes: readonly FitOutcome[]): ProfileCoverage {
  const all = outcomes.flatMap(({ profiles, parameters, warnings }) => {
    const profile = profiles?.parameters.find((one) => one.name === name);
    if (profile === undefined || profile.reason !== null) return [];
    if (warnings.some(({ code }) => code === 'lower-minimum')) return [];
    return [{ profile, parameter: parameters.find((one) => one.name === name)! }];
  });
  const ends = all.map(({ profile }) => endsOf(profile, k));
  const holds = ({ low, high }: Ends): boolean => low <= truth && truth <= high;
  const known = all.filter(({ parameter }) => parameter.uncertainty.speckle !== null);
  const closed = all.filter((_, s) => Number.isFinite(ends[s]!.low) && Number.isFinite(ends[s]!.high));
  const marked = ends.filter((_, s) => all[s]!.profile.nearDegenerate);
  const skews = closed.map(({ profile }) => {
    const { low, high } = endsOf(profile, k);
    return (high - profile.estimate) / (profile.estimate - low);
  });
  const sorted = skews.toSorted((a, b) => a - b);
  return {
    name,
    level: all[0]?.profile.intervals[k]!.level ?? NaN,
    sets: all.length,
    symmetric: {
      known: known.length,
      hold: known.filter(
        ({ parameter }) =>
          Math.abs(parameter.value - truth) <= ROOTS_OF_ONE[k]! * (parameter.uncertainty.speckle ?? NaN),
      ).length,
    },
    hold: ends.filter(holds).length,
    below: ends.filter(({ low }) => truth < low).length,
    above: ends.filter(({ high }) => truth > high).length,
    closed: closed.length,
    marked: { sets: marked.length, hold: marked.filter(holds).length },
    skew: sorted[Math.floor(sorted.length / 2)] ?? NaN,
  };
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

function endsOf({ intervals }: ParameterProfile, k: number): Ends {
  const { lower, upper } = intervals[k]!;
  return { low: lower.value ?? -Infinity, high: upper.value ?? Infinity };
}
