/** The posterior in the text report, on the terminal, and before there are chains. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Provisional } from '../../src/bayes/index.ts';
import {
  consoleSummary,
  posteriorSummary,
  posteriorText,
  provisionalText,
  textReport,
} from '../../src/report/index.ts';
import type { PosteriorRecord, ResultRecord } from '../../src/results/index.ts';
import { makeSyntheticFit, recordOf } from '../support/synthetic-fit.ts';
import { flowFit, makeSyntheticPosterior, posteriorRecordOf } from '../support/synthetic-posterior.ts';

let chains: PosteriorRecord;
let weighted: PosteriorRecord;
let bad: PosteriorRecord;
let record: ResultRecord;

beforeAll(async () => {
  chains = posteriorRecordOf(await makeSyntheticPosterior(flowFit, { draws: 500 }));
  weighted = posteriorRecordOf(await makeSyntheticPosterior(flowFit, { method: 'psis' }));
  const stuck = await makeSyntheticPosterior(flowFit, { stuck: 2, diverged: [3, 50] });
  bad = posteriorRecordOf(stuck, 'independent');
  record = recordOf(flowFit);
});

const textOf = (posterior: PosteriorRecord): string =>
  posteriorText(posterior, record.parameters, 'speckle').join('\n');
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('the section of the report', () => {
  test('is there where a posterior was sampled, and nowhere else', () => {
    const report = (posterior: PosteriorRecord | null): string =>
      textReport({
        ...{ record: { ...record, posterior }, covariance: flowFit.outcome.covariance },
        origins: flowFit.dataset.source.origins,
      });
    expect(report(null)).not.toContain('[[Posterior]]');
    expect(report(chains)).toContain(`[[Posterior]]\n${textOf(chains)}\n[[Scaling]]`);
  });

  test('gives median, sd, interval, R-hat and effective draws of every parameter', () => {
    const text = textOf(chains);
    const [, median, sd, rHat, bulk, tail] =
      /^ {4}D0 +(\d+) \+\/- (\d+) +\[\d+, \d+\] +(\d\.\d{3}) +(\d+) +(\d+)$/m.exec(text)!;
    expect(Math.abs(Number(median) - 19230)).toBeLessThan(60);
    expect(Math.abs(Number(sd) - 385)).toBeLessThan(30);
    expect(Number(rHat)).toBeLessThan(1.01);
    expect(Math.min(Number(bulk), Number(tail))).toBeGreaterThan(1000);
    expect(text).toMatch(/^ {4}phi0 \(deg\) /m);
  });

  test('says how it was sampled, by which likelihood, from which priors, and the verdict', () => {
    const text = flat(textOf(chains));
    expect(text).toContain('method = no-U-turn chains');
    expect(text).toContain('verdict = good: the numbers may be reported');
    expect(text).toContain('likelihood = adjusted: as wide as the speckle errors of the fit');
    expect(text).toContain('4 chains x 500 draws after 50 of warmup each, ended because all draws that were asked for');
    expect(text).toContain('12200 gradients, 0 divergences among the draws');
    expect(text).toContain('D0 LogNormal(1000 Angstrom^2/s, 30)');
    expect(text).toMatch(/importance = passed: Pareto k = -?\d\.\d\d \(must be below 0\.7\) passed: effective share/);
  });

  test('has least squares and posterior side by side, in errors of the fit', () => {
    expect(textOf(chains)).toMatch(
      /^ {4}D0 \(Angstrom\^2\/s\) +19230 \+\/- 380 +192\d\d \+\/- \d{3} +[+-]0\.\d\d +(0\.9\d|1\.0\d)$/m,
    );
    expect(textOf(chains)).toContain('speckle errors: under thermal speckle');
    // An independent likelihood is compared with independent errors, a fifth as large.
    expect(textOf(bad)).toMatch(/^ {4}D0 \(.*\) +19230 \+\/- 77 /m);
  });

  test('tells the angles, the chains, and in words how predictions met the data', () => {
    const text = textOf(chains);
    expect(text).toMatch(
      /^ {10}-90 {3}0\.300\d+ \+\/- 0\.000\d+ {5}1\.0000\d* \+\/- 0\.000\d+ {3}0\.01000\d \+\/- 0\.0000\d+$/m,
    );
    expect(text).toMatch(/^ {4}1 +500 +0 +\d\.\d\d +0\.7 +0\.85 +5\.0 +3050$/m);
    expect(flat(text)).toContain(
      'predictive check: of 80 single points along cuts, 50 %, 90 % and 95 % lie within the 50 %, 90 % and 95 % intervals',
    );
    const shares = { points: 40, within50: 0.2, within90: 0.5, within95: 0.6 };
    const missed = { ...chains, angles: chains.angles.map((angle) => ({ ...angle, predictive: shares })) };
    expect(flat(textOf(missed))).toContain('far fewer than predicted: the model, or the noise of single points');
    const none = { ...chains, angles: chains.angles.map((angle) => ({ ...angle, predictive: null })) };
    expect(textOf(none)).not.toContain('predictive check');
  });

  test('marks numbers that must not be reported, names the findings, and calls independent intervals too narrow', () => {
    const text = textOf(bad);
    expect(flat(text)).toContain('verdict = DO NOT REPORT these numbers - the chains disagree most on');
    expect(text.match(/ !$/gm)).toHaveLength(14);
    expect(text).toContain('!: do not report');
    expect(flat(text)).toContain('all intervals are TOO NARROW for measured speckle, by factors of 2 to 20');
    expect(flat(text)).toContain('2 divergences among the draws');
    expect(textOf(chains)).not.toContain('!');
  });

  test('of importance sampling has no columns of chains', () => {
    const text = textOf(weighted);
    expect(text).toContain('importance sampling around the mode');
    expect(flat(text)).toContain('weighted draws, no chains: no R-hat');
    expect(text).not.toMatch(/bulk,|E-BFMI|warmup/);
  });

  test('of consensus tells what became of the shards, whether they agree, and how far their combination was off', () => {
    const shard = { points: 9000, strips: [], kHat: 0.2, effectiveShare: 0.9, draws: 400, divergent: 0, rHat: 1.002 };
    const more = { essBulk: 900, mean: [], sd: [], sweeps: 1, resumed: false };
    const lost = { ...shard, ...more, draws: null, divergent: null, rHat: null, essBulk: null, kHat: null };
    const consensus: NonNullable<PosteriorRecord['consensus']> = {
      shards: [
        { ...shard, ...more, shard: 0, leftOut: null },
        { ...shard, ...more, shard: 1, leftOut: null },
        { ...lost, shard: 2, leftOut: 'its worker was lost' },
      ],
      ...{ strips: 4, pool: true, used: 2, leftOut: 1, lean: 0.1, coordinates: ['a', 'b'], accepted: true },
      combined: { mean: [0, 0], sd: [1, 1], shift: [0.03, -0.05], stretch: [1.1, 0.98] },
      agreement: {
        ...{ q: 3.21, freedom: 2, probability: 0.2, iSquared: 0.38, findings: [] },
        coordinates: ['a', 'b'].map((name) => ({ name, q: 1, iSquared: 0 })),
        divergences: [
          [0, 2.5],
          [1.9, 0],
        ],
      },
    };
    const text = textOf({ ...weighted, method: 'cmc', consensus });
    expect(text).toContain('method             = consensus Monte Carlo over shards of the data');
    expect(flat(text)).toContain('shards = 2 combined, 1 left out (3: its worker was lost); 4 strips of frames each');
    expect(flat(text)).toContain(
      'Cochran Q 3.21 for 2 degrees of freedom (probability 0.2), I2 38 %, largest KL between two shards 2.5 (about 2 where they agree): the shards agree',
    );
    expect(flat(text)).toContain('off by at most 0.05 sd in a mean and 10 % in an sd; corrected, and certified');
    expect(text).toMatch(/^ {4}1 +9000 +400 +0 +1\.002 +900 +0\.20 +yes$/m);
    expect(text).toMatch(/^ {4}3 +9000 +- +- +- +- +- +no$/m);
    const alone = { ...consensus, used: 1, accepted: false };
    expect(flat(textOf({ ...weighted, method: 'cmc', consensus: alone }))).toMatch(
      /one shard has nothing.* NOT certified/,
    );
  });

  test('tells both sides of a skewed interval', () => {
    const D0 = { ...chains.parameters['D0']!, median: 300, sd: 37000, interval68: [7, 13000] as const };
    expect(textOf({ ...chains, parameters: { ...chains.parameters, D0 } })).toContain('300 +13000/-290');
    const small = { ...D0, median: 1.009e-4, sd: 5e-4, interval68: [7.6e-5, 1.09e-4] as const };
    const text = textOf({ ...chains, parameters: { ...chains.parameters, gamma_dot_t0: small } });
    expect(text).toContain('(1.009 +0.081/-0.25)e-04');
  });

  test('keeps to 100 columns of ASCII', async () => {
    const long = await makeSyntheticPosterior(makeSyntheticFit({ angles: 2, frames: 20 }), { diverged: [1], stuck: 0 });
    for (const posterior of [chains, weighted, bad, posteriorRecordOf(long)]) {
      expect(textOf(posterior)).toMatch(/^[\n\x20-\x7e]*$/);
      expect(
        Math.max(
          ...textOf(posterior)
            .split('\n')
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(100);
    }
  });
});

describe('the lines on the terminal', () => {
  test('have verdict, numbers, likelihood and agreement, below those of the fit', () => {
    const lines = posteriorSummary(chains);
    expect(lines[0]).toBe('posterior: good: the numbers may be reported (nuts, 4 chains x 500 draws, 3.21 s)');
    expect(lines[1]).toMatch(/^ {2}D0 +192\d\d \+\/- \d{3} Angstrom\^2\/s, 95 % \[\d+, \d+\]$/);
    expect(lines.at(-1)).toMatch(/^ {2}R-hat up to \d\.\d{3} \(\w+\), at least \d+ effective draws, 0 divergences$/);
    expect(consoleSummary({ ...record, posterior: chains }, 'RUN')).toEqual(expect.arrayContaining(lines));
  });

  test('mark every number that must not be reported', () => {
    const lines = posteriorSummary(bad);
    expect(lines[0]).toMatch(/^posterior: DO NOT REPORT these numbers/);
    for (const line of lines.slice(1, 8)) expect(line).toMatch(/\(do not report\)$/);
    expect(flat(lines.join(' '))).toContain('TOO NARROW for measured speckle');
  });
});

describe('the provisional posterior', () => {
  test('is the mean and sd of the weighted draws, or of the normal distribution at the mode', async () => {
    const { sampled } = await makeSyntheticPosterior(flowFit);
    const { free } = sampled.posterior;
    const size = free.names.length;
    const centre = Float64Array.from(free.names, (name) => record.parameters[name]!.value!);
    const factor = Array.from({ length: size * size }, (_, k) =>
      k % (size + 1) === 0 ? 0.02 * Math.abs(centre[k % size]!) : 0,
    );
    const mode = {
      position: centre,
      value: 0,
      covariance: new Float64Array(size * size),
      factor,
      gradients: 45,
      distance: 0,
    };
    const { posterior, importance } = sampled as unknown as Provisional;
    const first = provisionalText({ posterior, mode, importance: null }, true);
    expect(first[0]).toBe('provisional posterior, normal around the mode: mean +/- sd');
    expect(first[1]).toBe('  D0                  19230 +/- 380 Angstrom^2/s');
    expect(first.slice(-2)).toEqual([
      '  found with 45 gradients; importance sampling follows',
      '  as if all points were independent: TOO NARROW for measured speckle',
    ]);
    const second = provisionalText({ posterior, mode, importance });
    expect(second[0]).toBe('provisional posterior, by importance sampling: mean +/- sd');
    expect(second[1]).toMatch(/^ {2}D0 +192\d0 \+\/- 3[789]\d Angstrom\^2\/s$/);
    expect(second.at(-1)).toMatch(/^ {2}Pareto k -?\d\.\d+, \d+ of 3000 draws effective: may stand as final$/);
  });
});
