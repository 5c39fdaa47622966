import { describe, expect, test } from 'vitest';
import type { FitOutcome, FittedParameter } from '../../src/nlsq/outcome.ts';
import { consoleSummary, textReport } from '../../src/report/index.ts';
import type { ResultRecord } from '../../src/results/index.ts';
import { makeSyntheticFit, recordOf, unknownError } from '../support/synthetic-fit.ts';
import type { SyntheticFit } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 3, frames: 30, nan: 0.01, exclude: [7] });

function reportOf(one: SyntheticFit, edit: (record: ResultRecord) => ResultRecord = (record) => record): string {
  return textReport({
    record: edit(recordOf(one)),
    covariance: one.outcome.covariance,
    origins: one.dataset.source.origins,
  });
}

function changed(change: Partial<FitOutcome>): SyntheticFit {
  return { ...fit, outcome: { ...fit.outcome, ...change } };
}

const report = reportOf(fit);

describe('the text report', () => {
  test('follows the layout of lmfit within 100 columns of ASCII', () => {
    expect(report.match(/^\[\[.*\]\]/gm)).toEqual([
      '[[Model]]',
      '[[Fit Statistics]]',
      '[[Variables]]',
      '[[Standard Errors]]',
      '[[Scaling]]',
      '[[Noise]]',
      '[[Correlations]]',
      '[[Checks]]',
    ]);
    expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(report).toMatch(/^[\n\x20-\x7e]*$/);
  });

  test('prints each variable rounded to its error, with unit, percentage and start', () => {
    expect(report).toMatch(/^ {4}D0: +19230 \+\/- 380 Angstrom\^2\/s \(2 %\) +\(init = 10000\)$/m);
    expect(report).toMatch(/^ {4}gamma_dot_t0: +\(1\.000 \+\/- 0\.020\)e-04 1\/s \(2 %\) +\(init: from the data\)$/m);
    expect(report).toMatch(/^ {4}phi0: +-4\.900 \+\/- 0\.049 deg \(1 %\)/m);
  });

  test('prints contrast, offset, chi-square and sigma of every angle', () => {
    expect(report).toMatch(/^ +-120 +0\.30000 \+\/- 0\.00030 +1\.00000 \+\/- 0\.00010 +1 +0\.01$/m);
    expect(report).toMatch(/^ +120 +0\.28000 \+\/- 0\.00030 +1\.00400 \+\/- 0\.00010 +1\.012 +0\.01$/m);
  });

  test('names convention, formula, where q came from, and the noise', () => {
    expect(report).toContain('x  = 1/2 * q * gap * cos(phi0 - phi) * Int gamma_dot dt');
    expect(report).toContain('convention         = published: integrals in closed form');
    expect(report).toContain('q                  = 0.00237 1/Angstrom (from the file)');
    expect(report).toContain('0.01, second differences along lag; a relative weight between angles only');
  });

  test('says which weights the values have, where weights were asked for', () => {
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
    const weighted = changed({ weights: { asked: 'speckle', used: 'speckle', reason: null } });
    expect(words(reportOf(weighted))).toContain('weights = inverse covariance of thermal speckle');
    expect(consoleSummary(recordOf(weighted), 'run').join(' ')).toContain('weighted by the covariance of speckle');
    const reason = 'the residuals show no speckle noise';
    const unused = changed({ weights: { asked: 'speckle', used: 'none', reason } });
    expect(words(reportOf(unused))).toContain(`weights = none, although speckle was asked for: ${reason}`);
    expect(consoleSummary(recordOf(unused), 'run').join(' ')).not.toContain('weighted');
    expect(report).not.toMatch(/^ {4}weights/m);
  });

  test('says which noise by lag the weights are made of, and that chi-square is relative to it', () => {
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
    const angles = fit.outcome.scaling.length;
    const sigma = Float64Array.from({ length: 2 * angles }, (_, at) => (at % 2 === 0 ? 0.012 : 0.03));
    const byLag = { lags: Float64Array.of(0.1, 5), sigma, pooled: true };
    const weighted = changed({
      weights: { asked: 'lag', used: 'lag', reason: null },
      noise: { ...fit.outcome.noise, byLag },
    });
    const text = words(reportOf(weighted));
    expect(text).toContain('(one course for all angles): 0.012 to 0.03');
    expect(text).toContain('from lag 0.1 to 5 s; chi-square is relative to it');
    expect(text).toContain('times its course by lag, from the residuals)');
    expect(consoleSummary(recordOf(weighted), 'run').join(' ')).toContain('weighted by the variance at each lag');
    expect(recordOf(weighted).noise.byLag?.sigma).toEqual(Array.from({ length: angles }, () => [0.012, 0.03]));
    expect(report).not.toContain('course by lag');
  });

  test('counts what was left out', () => {
    const line = report.replaceAll(/\n {25}/g, ' ').match(/left out .*/)![0];
    expect(line).toBe(
      `left out           = ${fit.dataset.excluded.nan} pairs not finite; the frame at t = 0 (a power law is singular there); ` +
        '1 frame by data.exclude_frames; 12 matrices of other q; the diagonal t1 = t2 (shot noise)',
    );
  });

  test('lists strong correlations, strongest first, and no weak ones', () => {
    const listed = Array.from(
      report.matchAll(/^ {4}C\((.*)\) += ([+-][\d.]+)/gm),
      (match) => `${match[1]} ${match[2]}`,
    );
    expect(listed[0]).toBe('gamma_dot_t0, gamma_dot_t_offset -0.9700');
    expect(listed).toHaveLength(6);
  });

  test('names the kind of the errors shown, and shows the three kinds side by side', () => {
    expect(report).toContain(
      '+/- is one standard error under thermal speckle and photon noise as large as the residuals say',
    );
    expect(report).toMatch(/^ {4}D0: +19230 \+\/- 380 Angstrom\^2\/s \(2 %\)/m);
    expect(report).toMatch(/^ {4} +speckle +independent +dyadic$/m);
    expect(report).toMatch(/^ {4}D0 +385 +76\.9 +192$/m);
  });

  test('shows independent errors, and says so, where speckle errors are not known', () => {
    const only = ({ uncertainty, ...rest }: FittedParameter): FittedParameter => ({
      ...rest,
      uncertainty: { ...uncertainty, speckle: null, dyadic: null, reason: 'speckle: too few frames' },
    });
    const scaling = fit.outcome.scaling.map(({ contrast, offset }) => ({
      contrast: { ...contrast, uncertainty: unknownError('too few frames') },
      offset: { ...offset, uncertainty: unknownError('too few frames') },
    }));
    const text = reportOf(changed({ parameters: fit.outcome.parameters.map(only), scaling }));
    expect(text).toContain('+/- is one standard error as if all points were independent');
    expect(text).toMatch(/^ {4}D0: +19230 \+\/- 77 /m);
  });

  test('marks near-degenerate parameters wherever they are listed', () => {
    const parameters = fit.outcome.parameters.map((one) =>
      one.name === 'alpha' ? { ...one, uncertainty: { ...one.uncertainty, nearDegenerate: true } } : one,
    );
    const text = reportOf(changed({ parameters }));
    expect(text).toMatch(/^ {4}alpha: .* near-degenerate$/m);
    expect(text).toMatch(/^ {4}alpha +0\.018 .* near-degenerate$/m);
    expect(text).toContain('WARN  near-degenerate: alpha;');
  });

  test('tells the noise of each angle', () => {
    expect(report).toMatch(/^ {4}0 +1200 \+\/- 80 +0\.00810 \+\/- 0\.00020 +42 +310 +0\.31 +0\.2$/m);
  });

  test('names the weakest direction in words', () => {
    expect(report.replaceAll(/\n {10}/g, ' ')).toContain(
      'condition number 3100; weakest directions first: - the data fix D0*t^alpha + D_offset near t = 3.2 s, not D0 and D_offset separately',
    );
  });

  test('tells fixed, tied, bound and undetermined parameters apart', () => {
    const parameters = fit.outcome.parameters.map((one) => {
      if (one.name === 'alpha') return { ...one, vary: false, uncertainty: unknownError('fixed') };
      if (one.name === 'beta') return { ...one, vary: false, tie: 'alpha', uncertainty: unknownError('tied to alpha') };
      if (one.name === 'phi0')
        return { ...one, value: -30, atBound: 'lower' as const, uncertainty: unknownError('at lower bound') };
      if (one.name === 'D_offset') return { ...one, uncertainty: unknownError('not determined by the data') };
      return one;
    });
    const text = reportOf(changed({ parameters }));
    expect(text).toMatch(/^ {4}alpha: +-0\.6 +\(fixed\)$/m);
    expect(text).toMatch(/^ {4}beta: +0\.3 +\(tied to alpha\)$/m);
    expect(text).toMatch(/^ {4}phi0: +-30 deg +\(init: from the data\) {2}AT LOWER BOUND -30$/m);
    expect(text).toMatch(/^ {4}D_offset: +879 Angstrom\^2\/s .*\+\/- unknown: not determined by the data$/m);
    expect(text).toContain('WARN  phi0 at its lower bound');
    expect(text).toContain('WARN  no error can be given for D_offset (not determined by the data)');
  });

  test('does not call a fit good that is not', () => {
    const text = reportOf(
      changed({
        status: 'stalled',
        reason: 'no step lowers the cost',
        solver: { ...fit.outcome.solver, startsAtBest: 1 },
        identifiability: { condition: 2.4e7, weakest: [] },
      }),
    );
    expect(text).toContain('WARN  the fit did not converge: stalled, no step lowers the cost');
    expect(text).toContain('WARN  none of the other 7 starts reached the best minimum');
    expect(text).toContain('WARN  condition number 24000000');
    expect(text).not.toContain('PASS  the fit converged');
  });

  test('tells what a check already says only once', () => {
    const warnings = [
      { code: 'parameter-at-bound', text: 'phi0 ended at its lower bound' },
      { code: 'not-identifiable', text: 'the data do not tell D0 from alpha' },
      { code: 'second-minimum', text: 'another minimum fits almost as well' },
    ];
    const text = reportOf(changed({ warnings }));
    expect(text).not.toContain('[parameter-at-bound]');
    expect(text).not.toContain('[not-identifiable]');
    expect(text).toContain('WARN  another minimum fits almost as well [second-minimum]');
    expect(text).toContain('WARN  condition number 3100');
  });

  test('judges chi-square only against a sigma that was given', () => {
    const noise = { ...fit.noise, absolute: true, source: 'given in the configuration' };
    expect(reportOf({ ...fit, noise })).toContain('PASS  reduced chi-square 1.001 against the given sigma');
    const bad = { ...changed({ cost: { ...fit.outcome.cost, reducedChi2: 7.3 } }), noise };
    expect(reportOf(bad)).toContain('WARN  reduced chi-square 7.3: the model misses more than the given sigma allows');
    expect(report).toContain('NOTE  sigma is a relative weight between angles');
  });

  test('warns readers of homodyne2 shear rates', () => {
    const text = reportOf(fit, (record) => ({ ...record, convention: 'homodyne2' }));
    expect(text).toContain('[sin(X)/X]^4');
    expect(text.replaceAll(/\n {25}/g, ' ')).toContain('gamma_dot(homodyne2) = pi/sqrt(2) * gamma_dot(published)');
  });

  test('has no shear in static mode', () => {
    const text = reportOf(makeSyntheticFit({ angles: 1, frames: 12, mode: 'static' }));
    expect(text).toContain('static, 3 physical parameters');
    expect(text).not.toMatch(/gamma_dot|sin\(|gap/);
  });
});

describe('the summary on the terminal', () => {
  const lines = consoleSummary(recordOf(fit), 'runs/one');

  test('gives status, every parameter, the quality and the place of the files', () => {
    expect(lines[0]).toContain('converged: data/sheared-suspension.h5, q = 0.00237 1/Angstrom, 3 angles');
    expect(lines).toContain('  D0                  19230 +/- 380 Angstrom^2/s (2 %)');
    expect(lines).toContain('  report, numbers and figures in runs/one');
    expect(lines.join('\n')).toContain('reduced chi2 1.001 (relative sigma), 7 of 8 starts at the best minimum');
  });

  test('ends with every warning that was not shown before', () => {
    const warned = recordOf(changed({ warnings: [{ code: 'a', text: 'look out' }] }));
    expect(consoleSummary(warned, 'runs/one', warned.warnings).join('\n')).not.toContain('warning');
    expect(consoleSummary(warned, 'runs/one').filter((line) => line.startsWith('warning: '))).toHaveLength(1);
  });
});
