/** Figures of a posterior: which there are, what they say, and that they keep their size and their texts apart. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { PosteriorFigureInput } from '../../src/plots/index.ts';
import { posteriorFigures } from '../../src/plots/posterior/posterior-figures.ts';
import { readSvg } from '../support/read-svg.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';
import {
  figureInputOf,
  flowFit,
  makeSyntheticPosterior,
  type SyntheticPosterior,
} from '../support/synthetic-posterior.ts';
import { syntheticProfiles } from '../support/synthetic-profiles.ts';

function figuresOf(posterior: SyntheticPosterior, change: Partial<PosteriorFigureInput> = {}): Map<string, string> {
  return new Map(Array.from(posteriorFigures(figureInputOf(posterior, change)), ({ name, svg }) => [name, svg]));
}

/** One figure, and none of those that come after it. */
function figureOf(posterior: SyntheticPosterior, name: string, change: Partial<PosteriorFigureInput> = {}): string {
  for (const figure of posteriorFigures(figureInputOf(posterior, change))) if (figure.name === name) return figure.svg;
  throw new Error(`there is no figure ${name}`);
}

const OF_ALL = ['posterior-and-fit', 'posterior-intervals', 'posterior-intervals-angles', 'posterior-pairs'];
const OF_CHAINS = [
  ...['posterior-traces', 'posterior-ranks', 'posterior-effective-draws', 'posterior-autocorrelation'],
  ...['posterior-energy', 'posterior-steps'],
];
const OF_PREDICTIONS = ['posterior-predictive', 'posterior-predictive-ranks'];

let chains: SyntheticPosterior;
let weighted: SyntheticPosterior;
let figures: Map<string, string>;
let bad: Map<string, string>;

beforeAll(async () => {
  chains = await makeSyntheticPosterior(flowFit, { draws: 1000 });
  weighted = await makeSyntheticPosterior(flowFit, { method: 'psis' });
  figures = figuresOf(chains);
  const stuck = await makeSyntheticPosterior(flowFit, { stuck: 2, diverged: [3, 50, 120] });
  bad = figuresOf(stuck, { likelihood: 'independent' });
});

describe('the figures of a posterior', () => {
  test('are those that make sense for how it was sampled', async () => {
    expect([...figures.keys()]).toEqual([...OF_ALL, ...OF_CHAINS, 'posterior-weights', ...OF_PREDICTIONS]);
    expect([...figuresOf(weighted).keys()]).toEqual([...OF_ALL, 'posterior-weights', ...OF_PREDICTIONS]);
    const one = await makeSyntheticPosterior(makeSyntheticFit({ angles: 1, frames: 20, mode: 'static' }), {
      ...{ chains: 1, fixed: ['alpha', 'D_offset'] },
    });
    const missing = ['posterior-pairs', 'posterior-ranks'];
    const rest = [...OF_ALL, ...OF_CHAINS].filter((name) => !missing.includes(name));
    const little = figuresOf(one, { predictive: null, sampled: { ...one.sampled, importance: null } });
    expect([...little.keys()]).toEqual(rest);
  });

  test('have the same bytes every time, no number that is none, and little size', () => {
    expect(figuresOf(chains)).toEqual(figures);
    for (const svg of [...figures.values(), ...bad.values()]) {
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg.length).toBeLessThan(300_000);
    }
  });

  test('do not grow with the number of draws or chains', async () => {
    const long = await makeSyntheticPosterior(flowFit, { chains: 9, draws: 300 });
    for (const svg of figuresOf(long).values()) expect(svg.length).toBeLessThan(300_000);
  });

  test('name data, draws, verdict and likelihood', () => {
    for (const svg of figures.values()) {
      const { texts } = readSvg(svg);
      expect(texts[0]).toBe('sheared-suspension.h5 · q = 0.00237 Å⁻¹ · φ = −90.0°, 90.0°');
      expect(texts).toContain('result 0123456789ab · nuts, 4 × 1000 draws · verdict good · adjusted likelihood');
    }
  });

  test('say of every number that must not be reported, and of every interval that is too narrow', () => {
    for (const svg of bad.values()) {
      const { texts } = readSvg(svg);
      expect(texts[1]).toMatch(/^DO NOT REPORT · /);
      const notes = texts.join(' ');
      expect(notes).toContain('Verdict do-not-report: the chains disagree most on');
      expect(notes).toContain('for measured speckle all intervals are too narrow');
    }
    for (const svg of figures.values())
      expect(readSvg(svg).texts.join(' ')).not.toMatch(/DO NOT REPORT|all intervals are/);
  });

  test.each([
    ['chains', 2, {}],
    ['chains that diverge and a stuck one', 3, { stuck: 1, diverged: [0, 1, 199] }],
    ['weights', 2, { method: 'psis' }],
    ['many angles', 23, { draws: 50 }],
    ['nine chains', 1, { chains: 9, draws: 60 }],
    ['one parameter', 1, { fixed: ['D0', 'alpha', 'D_offset', 'beta', 'gamma_dot_t_offset', 'phi0'] }],
    ['two parameters', 4, { fixed: ['D0', 'D_offset', 'beta', 'gamma_dot_t_offset', 'phi0'], chains: 1 }],
  ] as const)('keep their texts on the page and apart: %s', async (_, angles, sampling) => {
    const posterior = await makeSyntheticPosterior(makeSyntheticFit({ angles, frames: 20 }), sampling);
    for (const [name, svg] of figuresOf(posterior, { likelihood: 'independent' })) {
      const { width, height, labels } = readSvg(svg);
      const off = labels.filter(
        ({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height,
      );
      expect([name, off]).toEqual([name, []]);
      const touching = labels.flatMap((one, k) =>
        labels
          .slice(k + 1)
          .filter(
            (other) =>
              one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
          )
          .map((other) => [one.text, other.text]),
      );
      expect([name, touching]).toEqual([name, []]);
    }
  });
});

describe('axes', () => {
  test('carry names and units', () => {
    const textsOf = (name: string): readonly string[] => readSvg(figures.get(name)!).texts;
    expect(textsOf('posterior-and-fit')).toEqual(expect.arrayContaining(['D₀ (Å²/s)', 'α', 'φ₀ (deg)']));
    expect(textsOf('posterior-pairs')).toEqual(expect.arrayContaining(['D₀ (Å²/s)', 'γ\u0307₀ (10⁻⁴/s)', 'φ₀ (deg)']));
    expect(textsOf('posterior-traces')).toEqual(
      expect.arrayContaining(['D₀ (Å²/s)', 'contrast, φ = −90.0°', 'σ of c₂, φ = 90.0°', 'draw', 'chain 4']),
    );
    expect(textsOf('posterior-intervals')).toEqual(
      expect.arrayContaining(['Å²/s', '1/s', 'deg', 'R\u0302', 'ESS bulk']),
    );
    expect(textsOf('posterior-effective-draws')).toEqual(
      expect.arrayContaining(['effective draws', '400', 'bulk', 'tail']),
    );
    expect(textsOf('posterior-autocorrelation')).toEqual(
      expect.arrayContaining(['autocorrelation', 'lag (draws)', '100']),
    );
    expect(textsOf('posterior-energy').filter((text) => /^chain \d: E-BFMI \d\.\d\d$/.test(text))).toHaveLength(4);
    expect(textsOf('posterior-steps')).toEqual(
      expect.arrayContaining(['tree depth (doublings)', 'mean acceptance', 'step size (sd)']),
    );
    expect(textsOf('posterior-weights').join(' ')).toMatch(/both together: k\u0302 −?\d\.\d\d, \d+ % effective/);
    expect(textsOf('posterior-predictive')).toEqual(
      expect.arrayContaining(['lag τ (s)', 'c₂', 'φ = −90.0°, t₁ = 0.100 s']),
    );
    expect(textsOf('posterior-predictive-ranks')).toEqual(
      expect.arrayContaining(['predictive probability', 'in 50/90/95 %: 50/90/95 % of 40']),
    );
  });

  test('of chains are left out where there are none', () => {
    const { texts } = readSvg(figureOf(weighted, 'posterior-intervals'));
    expect(texts).toContain('median');
    expect(texts).not.toContain('ESS bulk');
  });
});

describe('what is shown', () => {
  test('sixteen traces at most: the parameters, and what agrees least of the rest', async () => {
    const many = await makeSyntheticPosterior(makeSyntheticFit({ angles: 23, frames: 12 }), { draws: 60 });
    const { texts } = readSvg(figureOf(many, 'posterior-traces'));
    expect(texts.filter((text) => /^(contrast|offset|σ of c₂), φ/.test(text))).toHaveLength(9);
    expect(texts.join(' ')).toContain('16 of 76 quantities: the parameters, and those of the others');
    const scaling = many.sampled.summaries.slice(7);
    const worst = scaling.reduce((most, one) => (one.chains!.rHat > most.chains!.rHat ? one : most));
    const [, kind, angle] = /^(\w+)\[(\d+)\]$/.exec(worst.name)!;
    const phi = many.fit.dataset.phi[Number(angle)]!.toFixed(1).replace('-', '−');
    expect(texts).toContain(`${kind === 'sigma' ? 'σ of c₂' : kind}, φ = ${phi}°`);
  });

  test('pages of angles where there are many', async () => {
    const many = await makeSyntheticPosterior(makeSyntheticFit({ angles: 23, frames: 12 }), { draws: 60 });
    const names = [...figuresOf(many).keys()];
    expect(names.filter((name) => name.startsWith('posterior-intervals-angles'))).toEqual([
      ...['posterior-intervals-angles-1', 'posterior-intervals-angles-2', 'posterior-intervals-angles-3'],
    ]);
    expect(names.filter((name) => /^posterior-predictive-\d/.test(name))).toHaveLength(4);
  });

  test('divergences in traces and pairs, each with its draw and its place', () => {
    const traces = bad.get('posterior-traces')!;
    const rugs = [...traces.matchAll(/<path d="((?:M[\d.]+ [\d.]+v-5)+)"/g)].map(([, d]) => d!.split('v-5').length - 1);
    expect(rugs).toEqual(Array.from({ length: 13 }, () => 3));
    expect(readSvg(traces).texts.join(' ')).toContain('3 divergences: the draw below');
    const pairs = bad.get('posterior-pairs')!;
    expect([...pairs.matchAll(/<path d="([^"]*)" fill="none" stroke="#c4008f" stroke-width="3.2"/g)]).toHaveLength(21);
    expect(readSvg(figures.get('posterior-pairs')!).texts).not.toContain('divergence');
  });

  test('the fit beside the posterior: speckle, independent and profile intervals, and the prior', () => {
    const fit = { ...flowFit.outcome, profiles: syntheticProfiles() };
    const { texts } = readSvg(figureOf(chains, 'posterior-and-fit', { fit }));
    expect(texts).toEqual(
      expect.arrayContaining([
        'prior',
        'least squares, speckle errors',
        'least squares, independent errors',
        'profile likelihood',
      ]),
    );
    expect(readSvg(figures.get('posterior-and-fit')!).texts).not.toContain('profile likelihood');
  });

  test('parameters whose error the fit does not know, with the reason', () => {
    const [first, ...others] = flowFit.outcome.parameters;
    const uncertainty = {
      speckle: null,
      independent: null,
      dyadic: null,
      reason: 'at lower bound',
      nearDegenerate: false,
    };
    const fit = { ...flowFit.outcome, parameters: [{ ...first!, uncertainty }, ...others] };
    expect(readSvg(figureOf(chains, 'posterior-and-fit', { fit })).texts).toContain(
      'No error of least squares: D₀ (at lower bound).',
    );
    expect(readSvg(figureOf(chains, 'posterior-intervals', { fit })).texts.join(' ')).toContain(
      'Open dot: no standard error is known, of D₀.',
    );
  });
});
