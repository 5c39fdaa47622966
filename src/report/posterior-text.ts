/** The part of a report on the posterior, and its lines on the terminal; there only where it was sampled. */
import type {
  ParameterRecord,
  PosteriorAngleRecord,
  PosteriorChainRecord,
  PosteriorQuantityRecord,
  PosteriorRecord,
  ResultRecord,
} from '../results/index.ts';
import { inAscii } from './ascii.ts';
import { consensusLines } from './consensus-text.ts';
import { KIND_WORDS } from './noise-text.ts';
import { alike, counted, plain, seconds, withError } from './number-format.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

const INDENT = '    ';
const METHODS = {
  nuts: 'no-U-turn chains',
  psis: 'importance sampling around the mode, weights Pareto-smoothed (PSIS)',
  cmc: 'consensus Monte Carlo over shards of the data',
} as const;
const VERDICTS = {
  good: 'good: the numbers may be reported',
  check: 'check: usable with care',
  'do-not-report': 'DO NOT REPORT these numbers',
} as const;
const LIKELIHOODS: Readonly<Record<PosteriorRecord['likelihood'], string>> = {
  adjusted: 'adjusted: as wide as the speckle errors of the fit',
  independent:
    'independent, as if all points were independent: all intervals are TOO NARROW for measured speckle, by factors of 2 to 20',
};
const ENDINGS = {
  until: 'the chains agree',
  draws: 'all draws that were asked for are made',
  time: 'the time was up',
  signal: 'they were stopped',
} as const;
/** What stands beside a number that is not the posterior's, where there is room and where there is not. */
const [MARK, SHORT_MARK] = ['do not report', '!'];
/** From this ratio of the two sides of the 68 % interval on, both are told in place of the sd. */
const SKEWED = 1.5;
/** Shares of points in the 90 % interval outside of which something is said. */
const [FEW, MANY] = [0.8, 0.97];

/** Heading and lines; none where nothing was sampled. */
export function posteriorSection({ posterior, parameters, shownErrors }: ResultRecord): string[] {
  return posterior === null ? [] : ['[[Posterior]]', ...posteriorText(posterior, parameters, shownErrors)];
}

/** All that is known of a posterior; `shownErrors` is the kind of least-squares error that the report shows. */
export function posteriorText(
  posterior: PosteriorRecord,
  parameters: ResultRecord['parameters'],
  shownErrors: ResultRecord['shownErrors'],
): string[] {
  const { method, verdict, likelihood, importance, seconds: time } = posterior;
  const kind = likelihood === 'independent' ? 'independent' : shownErrors;
  return [
    ...row('method', METHODS[method]),
    ...row('verdict', VERDICTS[verdict.level]),
    ...verdict.findings.flatMap(({ text }) => wrap(`${INDENT}${' '.repeat(21)}- `, inAscii(text))),
    ...row('likelihood', LIKELIHOODS[likelihood]),
    ...samplerRows(posterior),
    ...(importance?.checks ?? []).flatMap(({ passed, text }, k) =>
      row(k === 0 ? 'importance' : '', `${passed ? 'passed' : 'failed'}: ${inAscii(text)}`),
    ),
    ...consensusLines(posterior.consensus),
    ...row('time', seconds(time)),
    ...quantityTable(posterior),
    `${INDENT}least squares (+/- ${kind} error) and posterior; shift and width (sd) in errors of the fit`,
    ...comparedTable(posterior, parameters, kind),
    ...wrap(`${INDENT}${kind} errors: `, KIND_WORDS[kind]),
    `${INDENT}priors of the free parameters`,
    ...textTable(Object.entries(posterior.priors), { left: [0, 1] }),
    `${INDENT}contrast, offset and noise of one point`,
    ...angleTable(posterior.angles),
    ...predictiveLines(posterior.angles),
    ...chainTable(posterior.chains),
  ];
}

/** The few lines on the terminal. */
export function posteriorSummary(posterior: PosteriorRecord): string[] {
  const { verdict, parameters, likelihood, chains, method } = posterior;
  const names = Object.keys(parameters);
  const width = Math.max(...names.map((name) => name.length));
  const draws = chains.length === 0 ? '' : `, ${chainsText(chains)}`;
  const mark = verdict.level === 'do-not-report' ? `  (${MARK})` : '';
  return [
    `posterior: ${VERDICTS[verdict.level]} (${method}${draws}, ${seconds(posterior.seconds)})`,
    ...names.map((name) => {
      const one = parameters[name]!;
      return `  ${name.padEnd(width)}  ${centre(one)}${one.unit === '' ? '' : ` ${one.unit}`}, 95 % ${interval(one)}${mark}`;
    }),
    '  median +/- sd, or the sides of the 68 % interval where they differ',
    ...wrap('  likelihood: ', LIKELIHOODS[likelihood]),
    ...(chains.length === 0 ? [] : [`  ${agreementText(posterior)}`]),
    ...verdict.findings.flatMap(({ text }) => wrap('  - ', inAscii(text))),
  ];
}

function row(label: string, content: string): string[] {
  return wrap(`${INDENT}${label.padEnd(18)} ${label === '' ? ' ' : '='} `, content);
}

function samplerRows({ chains, warmup, stoppedBy }: PosteriorRecord): string[] {
  if (chains.length === 0) return [];
  const gradients = chains.reduce((sum, chain) => sum + chain.gradients, 0);
  const divergences = chains.reduce((sum, chain) => sum + chain.divergences, 0);
  const why = stoppedBy === null ? '' : `, ended because ${ENDINGS[stoppedBy]}`;
  return [
    ...row('chains', `${chainsText(chains)} after ${warmup ?? 0} of warmup each${why}`),
    ...row('work', `${counted(gradients, 'gradient')}, ${counted(divergences, 'divergence')} among the draws`),
  ];
}

function chainsText(chains: readonly PosteriorChainRecord[]): string {
  const draws = chains.map((chain) => chain.draws);
  const [least, most] = [Math.min(...draws), Math.max(...draws)];
  return `${counted(chains.length, 'chain')} x ${least === most ? counted(least, 'draw') : `${least} to ${most} draws`}`;
}

/** Units stand in the table that follows: all in one would be too wide. */
function quantityTable({ parameters, verdict, chains }: PosteriorRecord): string[] {
  const withChains = chains.length > 0;
  const mark = verdict.level === 'do-not-report' ? SHORT_MARK : '';
  const head = ['', 'median +/- sd', '95 % interval', ...(withChains ? ['R-hat', 'bulk', 'tail'] : []), ''];
  const rows = Object.entries(parameters).map(([name, one]) => [
    name,
    centre(one),
    interval(one),
    ...(withChains ? [fixed(one.rHat, 3), fixed(one.essBulk, 0), fixed(one.essTail, 0)] : []),
    mark,
  ]);
  const told = withChains
    ? '; bulk, tail: effective draws in the middle and in the tails'
    : '; weighted draws, no chains: no R-hat';
  return [
    ...textTable([head, ...rows], { left: [0, head.length - 1] }),
    ...wrap(INDENT, `where the sides of the 68 % interval differ they stand in place of the sd${told}`),
    ...(mark === '' ? [] : [`${INDENT}${SHORT_MARK}: ${MARK}`]),
  ];
}

function comparedTable(
  { parameters: sampled, verdict }: PosteriorRecord,
  fitted: Readonly<Record<string, ParameterRecord>>,
  kind: ResultRecord['shownErrors'],
): string[] {
  const mark = verdict.level === 'do-not-report' ? SHORT_MARK : '';
  const rows = Object.entries(sampled).map(([name, one]) => {
    const { value = null, uncertainty } = fitted[name] ?? {};
    const error = uncertainty?.[kind] ?? null;
    const known = value !== null && error !== null && error > 0;
    return [
      one.unit === '' ? name : `${name} (${one.unit})`,
      value === null ? 'unknown' : error === null ? `${plain(value)} (no error)` : withError(value, error),
      centre(one),
      known && one.median !== null ? signed((one.median - value) / error) : '',
      known && one.sd !== null ? (one.sd / error).toFixed(2) : '',
      mark,
    ];
  });
  return textTable([['', 'least squares', 'posterior', 'shift', 'width', ''], ...rows], { left: [0, 5] });
}

function angleTable(angles: readonly PosteriorAngleRecord[]): string[] {
  const held = (one: PosteriorQuantityRecord | null): string => (one === null ? 'held' : centre(one));
  const rows = angles.map(({ phi, contrast, offset, sigma }) => [
    plain(phi),
    held(contrast),
    held(offset),
    centre(sigma),
  ]);
  return textTable([['phi (deg)', 'contrast', 'offset', 'sigma'], ...rows], { gap: 3, left: [] });
}

/** How many points of the cuts lie where the posterior predicts them, in words. */
function predictiveLines(angles: readonly PosteriorAngleRecord[]): string[] {
  const shares = angles.flatMap(({ predictive }) =>
    predictive === null || predictive.points === 0 ? [] : [predictive],
  );
  const points = shares.reduce((sum, one) => sum + one.points, 0);
  if (points === 0) return [];
  const within = (key: 'within50' | 'within90' | 'within95'): number =>
    shares.reduce((sum, one) => sum + one.points * one[key], 0) / points;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const [half, most] = [within('within50'), within('within90')];
  const meaning =
    most < FEW
      ? '; far fewer than predicted: the model, or the noise of single points, does not describe the data'
      : most > MANY
        ? '; more than predicted: the noise of single points is smaller than the posterior takes it'
        : '';
  const worst = angles
    .filter(({ predictive }) => predictive !== null && predictive.points > 0)
    .toSorted((a, b) => a.predictive!.within90 - b.predictive!.within90)[0]!;
  const angle =
    shares.length < 2
      ? ''
      : ` (fewest at phi = ${plain(worst.phi)}: ${percent(worst.predictive!.within90)} within 90 %)`;
  return wrap(
    `${INDENT}predictive check: `,
    `of ${counted(points, 'single point')} along cuts, ${percent(half)}, ${percent(most)} and ${percent(within('within95'))} lie within ` +
      `the 50 %, 90 % and 95 % intervals of their predictions${angle}${meaning}`,
  );
}

function chainTable(chains: readonly PosteriorChainRecord[]): string[] {
  if (chains.length === 0) return [];
  const rows = chains.map((chain, k) => [
    String(k + 1),
    ...[chain.draws, chain.divergences].map(String),
    fixed(chain.energyFraction, 2),
    plain(chain.stepSize, 2),
    fixed(chain.acceptance, 2),
    fixed(chain.leapfrogs, 1),
    String(chain.gradients),
  ]);
  const head = ['chain', 'draws', 'divergences', 'E-BFMI', 'step size', 'acceptance', 'steps/draw', 'gradients'];
  return textTable([head, ...rows], { gap: 3 });
}

function agreementText({ parameters, chains }: PosteriorRecord): string {
  const all = Object.entries(parameters);
  const unknown = all.filter(([, { rHat }]) => rHat === null).map(([name]) => name);
  const [worst] = all.filter(([, { rHat }]) => rHat !== null).toSorted(([, a], [, b]) => b.rHat! - a.rHat!);
  const sizes = all.flatMap(([, { essBulk, essTail }]) => [essBulk, essTail]).filter((size) => size !== null);
  const divergences = chains.reduce((sum, chain) => sum + chain.divergences, 0);
  return [
    ...(worst === undefined ? [] : [`R-hat up to ${worst[1].rHat!.toFixed(3)} (${worst[0]})`]),
    ...(unknown.length === 0 ? [] : [`no R-hat of ${unknown.join(', ')}`]),
    ...(sizes.length === 0 ? [] : [`at least ${Math.min(...sizes).toFixed(0)} effective draws`]),
    counted(divergences, 'divergence'),
  ].join(', ');
}

/** The median with the sd, or with the distances to the ends of the 68 % interval where those differ much. */
function centre(one: PosteriorQuantityRecord): string {
  const { median, sd } = one;
  if (median === null) return 'unknown';
  if (sd === null) return plain(median);
  const [down, up] = sidesOf(one);
  if (!(down > 0 && up > 0) || Math.max(down / up, up / down) < SKEWED) return withError(median, sd);
  const { texts, power } = alike([median, up], Math.max(scaleOf(one), 1e-6 * Math.abs(median)));
  const unit = power === '' ? 1 : Number(`1${power}`);
  const told = `${texts[0]} +${plain(up / unit, 2)}/-${plain(down / unit, 2)}`;
  return power === '' ? told : `(${told})${power}`;
}

function sidesOf({ median, interval68: [lower, upper] }: PosteriorQuantityRecord): [down: number, up: number] {
  if (median === null || lower === null || upper === null) return [0, 0];
  return [median - lower, upper - median];
}

/** What a last digit is worth telling of: the sd, or less where one side is shorter. */
function scaleOf(one: PosteriorQuantityRecord): number {
  return Math.min(...[one.sd ?? 0, ...sidesOf(one)].filter((size) => size > 0));
}

function interval(one: PosteriorQuantityRecord): string {
  const [lower, upper] = one.interval95;
  if (lower === null || upper === null) return 'unknown';
  const scale = scaleOf(one);
  const { texts, power } = alike([lower, upper], scale > 0 && Number.isFinite(scale) ? scale : upper - lower || 1);
  return `[${texts.join(', ')}]${power}`;
}

function fixed(value: number | null, decimals: number): string {
  return value === null ? 'none' : value.toFixed(decimals);
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}
