/** The parts of a report on errors and noise: three kinds of standard error side by side, and what the residuals show. */
import type { EstimateRecord, ResultRecord, UncertaintyRecord } from '../results/index.ts';
import { plain, withError } from './number-format.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

const INDENT = '    ';
/** What the kinds of error assume, in the words of a table's head. */
export const KIND_WORDS = {
  speckle: 'under thermal speckle and photon noise as large as the residuals say',
  independent: 'as if all points were independent',
  dyadic: 'from blocks of frames, without a model of the noise',
} as const;
/** What stands beside a number whose error is only roughly right. */
export const NEAR_DEGENERATE = 'near-degenerate';

/** Speckle, independent and dyadic errors of the physical parameters that are fitted. */
export function errorLines({ parameters }: ResultRecord): string[] {
  const fitted = Object.entries(parameters).filter(([, { vary, tie }]) => vary && tie === null);
  if (fitted.length === 0) return [`${INDENT}no parameter is fitted`];
  const cell = (error: number | null): string => (error === null ? 'unknown' : plain(error, 3));
  const rows = fitted.map(([name, { uncertainty }]) => [
    name,
    cell(uncertainty.speckle),
    cell(uncertainty.independent),
    cell(uncertainty.dyadic),
    uncertainty.nearDegenerate ? NEAR_DEGENERATE : '',
  ]);
  const kinds = Object.entries(KIND_WORDS).flatMap(([kind, words]) => wrap(`${INDENT}${kind.padEnd(12)} `, words));
  const reasons = new Set(fitted.flatMap(([, { uncertainty }]) => missing(uncertainty)));
  return [
    ...kinds,
    ...textTable([['', 'speckle', 'independent', 'dyadic', ''], ...rows], { gap: 3 }),
    ...[...reasons].flatMap((reason) => wrap(`${INDENT}not known: `, reason)),
    ...(rows.some((row) => row[4] !== '')
      ? wrap(
          `${INDENT}${NEAR_DEGENERATE}: `,
          'the error rests on a direction along which the problem is bent: the true interval is longer on one side',
        )
      : []),
  ];
}

function missing({ reason }: UncertaintyRecord): string[] {
  return reason === null ? [] : [reason];
}

/** Number of speckles, photon noise and correlation of the residuals of each angle. */
export function noiseLines({ noise }: ResultRecord): string[] {
  if (noise.angles.length === 0) return [`${INDENT}unknown: ${noise.reason ?? 'no reason given'}`];
  const first = (values: readonly (number | null)[]): string => plain(values[0] ?? NaN, 2);
  const rows = noise.angles.map((angle) => [
    plain(angle.phi),
    estimate(angle.speckles),
    estimate(angle.sigma),
    plain(angle.correlationTimes ?? NaN, 3),
    plain(angle.effectivePoints ?? NaN, 2),
    first(angle.correlation.lag),
    first(angle.correlation.age),
  ]);
  const head = ['phi (deg)', 'speckles M', 'sigma_w', 'corr. times', 'eff. points', 'r(lag)', 'r(age)'];
  const shared =
    noise.angles.length > 1 && noise.angles.some(({ speckles }) => speckles.value !== null)
      ? wrap(
          INDENT,
          noise.shared
            ? 'M is one number for all angles, whose own values agree within their errors'
            : 'M is one number per angle: their own values do not agree within their errors',
        )
      : [];
  return [
    ...wrap(
      INDENT,
      'M: effective number of independent speckles; sigma_w: white noise of c2 (photons); r: correlation of residuals one ' +
        'frame apart along lag and along age',
    ),
    ...textTable([head, ...rows], { gap: 3 }),
    ...shared,
    ...(noise.misfit === null
      ? []
      : wrap(
          INDENT,
          `speckle and photon noise describe the residuals on all scales to ${plain(noise.misfit, 2)} standard errors ` +
            '(between -3 and 3 is what chance gives)',
        )),
    ...(noise.reason === null ? [] : wrap(`${INDENT}not known: `, noise.reason)),
  ];
}

function estimate({ value, error }: EstimateRecord): string {
  if (value === null) return 'none seen';
  return error === null ? plain(value, 3) : withError(value, error);
}
