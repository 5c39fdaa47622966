/** The transport rate J(t) and the shear rate γ̇(t) of a fit along time, with 68 % and 95 % bands. */
import type { TwoTimeModel } from '../model/two-time-model.ts';
import type { FitOutcome } from '../nlsq/outcome.ts';
import { shownKind } from '../nlsq/shown-errors.ts';
import { bottomAxis, FAINT_INK, frame, leftAxis } from './axis.ts';
import type { Box } from './axis.ts';
import { dataTitle, drawPage } from './page.ts';
import type { PageFacts } from './page.ts';
import { rateCurve } from './rate-band.ts';
import type { RateCurve } from './rate-band.ts';
import { extent, linearScale, logScale, pad } from './scale.ts';
import type { Scale } from './scale.ts';
import { element, line, polyline } from './svg.ts';

const COLOURS = { transport: '#1f5fa8', shear: '#b04a1a' } as const;
const POINTS = 161;
/** Normal quantiles of the central 68 % and 95 %. */
const BANDS = [
  { z: 1.96, opacity: 0.18 },
  { z: 0.994, opacity: 0.32 },
];

const LEFT = 84;
const BETWEEN = 96;
const RIGHT = 22;
const HEIGHT = 300;

export function drawRates(model: TwoTimeModel, outcome: FitOutcome, facts: PageFacts): string {
  const { times } = model.grid;
  const [first, last] = [times[0]!, times[times.length - 1]!];
  const time = Float64Array.from({ length: POINTS }, (_, k) => first * (last / first) ** (k / (POINTS - 1)));
  const panels: { label: string; colour: string; curve: RateCurve }[] = [
    {
      label: 'J(t) (Å²/s)',
      colour: COLOURS.transport,
      curve: rateCurve((v, t) => model.transportRate(v, t), ['D0', 'alpha', 'D_offset'], outcome, time),
    },
  ];
  if (model.mode === 'laminar_flow') {
    panels.push({
      label: 'γ\u0307(t) (1/s)',
      colour: COLOURS.shear,
      curve: rateCurve((v, t) => model.shearRate(v, t), ['gamma_dot_t0', 'beta', 'gamma_dot_t_offset'], outcome, time),
    });
  }
  const side = panels.length === 1 ? 520 : 370;
  const notes: string[] = [];
  const body = panels.map(({ label, colour, curve }, n) => {
    const box: Box = { x: LEFT + n * (side + BETWEEN), y: 18, width: side, height: HEIGHT };
    notes.push(...bandNotes(label.split(' ')[0]!, curve));
    return drawPanel(box, label, colour, curve);
  });
  if (panels.some(({ curve }) => curve.error !== null)) {
    notes.unshift(
      `Dark and light bands: 68 % and 95 %, by linear propagation of the ${shownKind(outcome)} covariance` +
        (shownKind(outcome) === 'speckle'
          ? ' (thermal speckle and photon noise as large as the residuals say).'
          : ', which treats all points as independent: for measured speckle the true bands are wider, by factors of 2 to 20.'),
    );
  }
  return drawPage(
    {
      width: LEFT + panels.length * side + (panels.length - 1) * BETWEEN + RIGHT,
      height: HEIGHT + 70,
      title: dataTitle(facts),
      subtitle: panels.length === 1 ? 'transport rate of the fit' : 'transport rate and shear rate of the fit',
      body: body.join(''),
      notes,
    },
    facts,
  );
}

function drawPanel(box: Box, label: string, colour: string, curve: RateCurve): string {
  const x = logScale([curve.time[0]!, curve.time[curve.time.length - 1]!], [box.x, box.x + box.width]);
  const y = rateScale(curve, box);
  const band = BANDS.map(({ z, opacity }) => {
    const edges = bandEdges(curve, y.kind, z);
    if (edges === null) return '';
    const clamp = (value: number): number => Math.min(box.y + box.height, Math.max(box.y, y(value)));
    const upper = Array.from(curve.time, (t, k): [number, number] => [x(t), clamp(edges.upper[k]!)]);
    const lower = Array.from(curve.time, (t, k): [number, number] => [x(t), clamp(edges.lower[k]!)]);
    return element('path', {
      d: `${polyline([...upper, ...lower.reverse()])}Z`,
      fill: colour,
      'fill-opacity': opacity,
    });
  });
  const path = polyline(Array.from(curve.time, (t, k): [number, number] => [x(t), y(curve.rate[k]!)]));
  const zero = y.kind === 'linear' && y.domain[0] < 0 && y.domain[1] > 0 ? y(0) : null;
  return [
    zero === null
      ? ''
      : line(box.x, zero, box.x + box.width, zero, {
          stroke: FAINT_INK,
          'stroke-width': 0.8,
          'stroke-dasharray': '4 3',
        }),
    ...band,
    element('path', { d: path, fill: 'none', stroke: colour, 'stroke-width': 1.8 }),
    frame(box),
    bottomAxis(box, x, { label: 't (s)', labelGap: 40 }),
    leftAxis(box, y, { label, labelGap: 64 }),
  ].join('');
}

/** On a logarithmic axis the band is propagated for ln rate, which keeps it positive. */
function bandEdges(curve: RateCurve, kind: Scale['kind'], z: number) {
  const { error, rate } = curve;
  if (error === null) return null;
  const edge = (sign: number): Float64Array =>
    rate.map((value, k) =>
      kind === 'log' ? value * Math.exp((sign * z * error[k]!) / value) : value + sign * z * error[k]!,
    );
  return { lower: edge(-1), upper: edge(1) };
}

/** Logarithmic where the rate is positive throughout; the 95 % band decides the range, within reason. */
function rateScale(curve: RateCurve, box: Box): Scale {
  const range = [box.y + box.height, box.y] as const;
  const bare = extent(curve.rate) ?? [0, 1];
  const kind = bare[0] > 0 ? 'log' : 'linear';
  const edges = bandEdges(curve, kind, 1.96);
  const whole = edges === null ? bare : (extent([...curve.rate, ...edges.lower, ...edges.upper]) ?? bare);
  if (kind === 'linear') {
    const reach = 3 * Math.max(bare[1] - bare[0], Math.abs(bare[0]), Math.abs(bare[1]), Number.MIN_VALUE);
    return linearScale(pad([Math.max(whole[0], bare[0] - reach), Math.min(whole[1], bare[1] + reach)], 0.06), range);
  }
  const low = Math.log10(Math.max(whole[0], bare[0] / 30));
  const high = Math.log10(Math.min(whole[1], bare[1] * 30));
  const flat = Math.max(0, 0.05 - (high - low) / 2);
  const [a, b] = pad([low - flat, high + flat], 0.06);
  return logScale([10 ** a, 10 ** b], range);
}

function bandNotes(name: string, curve: RateCurve): string[] {
  return curve.error === null ? [`No band for ${name}: ${curve.reason}.`] : [];
}
