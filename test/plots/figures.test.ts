import { describe, expect, test } from 'vitest';
import { PNG_SCALE } from '../../src/plots/index.ts';
import { figuresOf } from '../support/figures.ts';
import { pixelAt } from '../support/read-png.ts';
import { readSvg } from '../support/read-svg.ts';
import { makeSyntheticFit, unknownError } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 3, frames: 60, exclude: [20] });
const figures = figuresOf(fit);
const figure = (name: string, from = figures) => readSvg(from.get(name) ?? '');
const count = (texts: readonly string[], text: string): number => texts.filter((one) => one === text).length;

describe('every figure', () => {
  test('exists, in the order they are written', () => {
    expect([...figures.keys()]).toEqual(['rates', 'convergence', 'c2-maps', 'lag-cuts']);
  });

  test.each(['c2-maps', 'lag-cuts', 'rates', 'convergence'])(
    '%s names the data, q and the angles, and in its footer the result',
    (name) => {
      const { texts } = figure(name);
      expect(texts[0]).toBe('sheared-suspension.h5 · q = 0.00237 Å⁻¹ · φ = −120.0°, 0.0°, 120.0°');
      expect(texts).toContain('result 0123456789ab · status converged · convention published');
      expect(texts).toContain('twotime 0.1.0');
    },
  );

  test('has the same bytes every time', () => {
    expect(figuresOf(fit)).toEqual(figures);
  });

  test.each([
    [1, 'static', 30],
    [1, 'laminar_flow', 350],
    [2, 'laminar_flow', 200],
    [4, 'laminar_flow', 60],
    [4, 'laminar_flow', 215],
    [6, 'laminar_flow', 140],
    [6, 'laminar_flow', 24],
    [10, 'laminar_flow', 40],
    [23, 'laminar_flow', 90],
  ] as const)('keeps its texts on the page and apart: %i angles, %s, %i frames', (angles, mode, frames) => {
    for (const svg of figuresOf(makeSyntheticFit({ angles, mode, frames })).values()) {
      const { width, height, labels } = readSvg(svg);
      expect(labels.length).toBeGreaterThan(8);
      expect(
        labels.filter(({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height),
      ).toEqual([]);
      const touching = labels.flatMap((one, k) =>
        labels
          .slice(k + 1)
          .filter(
            (other) =>
              one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
          )
          .map((other) => [one.text, other.text]),
      );
      expect(touching).toEqual([]);
    }
  });
});

describe('maps', () => {
  const { texts, images } = figure('c2-maps');

  test('have three panels per angle and two colour bars, with axes in seconds', () => {
    expect(images).toHaveLength(2 + 3 * 3);
    expect(images.slice(2).every((image) => image.width === image.height)).toBe(true);
    expect(count(texts, 't₁ (s)')).toBe(3);
    expect(count(texts, 't₂ (s)')).toBe(3);
    for (const label of ['measured', 'model', 'residual / σ', 'c₂, measured and model', '(measured − model) / σ'])
      expect(texts).toContain(label);
    expect(texts).toContain('φ = −120.0° · contrast 0.300, offset 1.000, χ²/point 1.00');
  });

  test('put the first frames lower left: c₂ is high on the rising diagonal', () => {
    const { pixels } = images[3]!;
    const last = pixels.width - 1;
    const brightness = (x: number, y: number): number => Number.parseInt(pixelAt(pixels, x, y).slice(3, 5), 16);
    expect(brightness(6, last)).toBeGreaterThan(brightness(0, 0));
    expect(brightness(last, 6)).toBeGreaterThan(brightness(last, last));
  });

  test('say which limits the colours have and that they are shared', () => {
    const note = texts.find((text) => text.startsWith('Colours of c₂ are shared'));
    expect(note).toMatch(/by measured and model and by all angles: 1\.0\d+ to 1\.3\d+, p0\.5 to p99\.5 of the/);
    expect(texts.join(' ')).toContain('Grey: not fitted (diagonal, excluded pairs and frames)');
  });

  test('show residuals between −3 and 3, and wider where the misfit asks for it', () => {
    expect(texts).toContain('−3');
    const scaling = fit.outcome.scaling.map((one) => ({ ...one, contrast: { ...one.contrast, value: 0.15 } }));
    const wrong = figuresOf({ ...fit, outcome: { ...fit.outcome, scaling } });
    const ticks = figure('c2-maps', wrong).texts;
    expect(ticks).toContain('−20');
    expect(ticks).not.toContain('−3');
  });

  test('can use the colours of APS figures', () => {
    const jet = figure('c2-maps', figuresOf(fit, { colours: 'jet' }));
    expect(pixelAt(jet.images[0]!.pixels, 0, 0)).toBe('#000080');
    expect(pixelAt(images[0]!.pixels, 0, 0)).toBe('#440154');
  });

  test('of many frames are averaged to at most 360 pixels a side, and say so', () => {
    const large = figuresOf(makeSyntheticFit({ angles: 1, frames: 1000 }));
    const { texts: told, images: maps } = figure('c2-maps', large);
    expect(Math.max(...maps.slice(2).map((map) => map.pixels.width))).toBeLessThanOrEqual(360);
    expect(told.join(' ')).toContain('A pixel is the mean over 3×3 pairs of frames.');
  });

  test.each([24, 130, 215, 300, 365])('of %i frames give every pixel the same whole number of PNG pixels', (frames) => {
    const drawn = figuresOf(makeSyntheticFit({ angles: 5, frames }));
    for (const name of ['c2-maps', 'c2-maps-others']) {
      const maps = figure(name, drawn).images.slice(2);
      expect(maps.length).toBeGreaterThan(0);
      const block = Math.ceil((frames - 1) / (name === 'c2-maps' ? 360 : 140));
      const size = Math.ceil((frames - 1) / block);
      for (const { x, y, width, height, pixels } of maps) {
        expect(pixels.width % size).toBe(0);
        expect((width * PNG_SCALE) / size).toBeCloseTo(Math.round((width * PNG_SCALE) / size), 3);
        expect(height).toBe(width);
        for (const place of [x, y]) expect(place * PNG_SCALE).toBeCloseTo(Math.round(place * PNG_SCALE), 1);
      }
    }
  });

  test('of many angles: the four worst large, worst first, the others as small multiples', () => {
    const many = makeSyntheticFit({ angles: 7, frames: 16 });
    const chi2PerPoint = Float64Array.of(1, 3, 1, 9, 1, 2, 4);
    const drawn = figuresOf({ ...many, outcome: { ...many.outcome, cost: { ...many.outcome.cost, chi2PerPoint } } });
    const { phi } = many.dataset;
    const heads = (name: string): string[] =>
      figure(name, drawn)
        .texts.filter((text) => /^φ = .*χ²/.test(text))
        .map((text) => text.split(' · ')[0]!);
    const label = (a: number): string => `φ = ${phi[a]!.toFixed(1).replace('-', '−')}°`;
    expect(heads('c2-maps')).toEqual([3, 6, 1, 5].map(label));
    expect(heads('c2-maps-others')).toEqual([0, 2, 4].map(label));
    expect(figure('c2-maps-others', drawn).images).toHaveLength(2 + 3 * 3);
    expect(figure('c2-maps', drawn).texts).toContain('the 4 of 7 angles with the largest χ² per point, worst first');
  });

  test('of very many angles go on several pages on the same colours', () => {
    const drawn = figuresOf(makeSyntheticFit({ angles: 40, frames: 8 }));
    expect([...drawn.keys()]).toEqual([
      'rates',
      'convergence',
      'c2-maps',
      'c2-maps-others-1',
      'c2-maps-others-2',
      'lag-cuts-1',
      'lag-cuts-2',
    ]);
    const limits = ['c2-maps', 'c2-maps-others-2'].map((name) =>
      figure(name, drawn).texts.find((text) => text.startsWith('Colours of c₂')),
    );
    expect(limits[0]!.slice(0, 80)).toBe(limits[1]!.slice(0, 80));
  });
});

describe('lag cuts', () => {
  test('have a panel per angle, a legend of ages and axes with units', () => {
    const { texts } = figure('lag-cuts');
    expect(texts.filter((text) => /^φ = [−\d.]+°$/.test(text))).toEqual(['φ = −120.0°', 'φ = 0.0°', 'φ = 120.0°']);
    expect(texts.filter((text) => /^\d+\.\d+–\d+\.\d+$/.test(text))).toHaveLength(5);
    expect(texts).toContain('age (s):');
    expect(count(texts, 'lag τ = t₂ − t₁ (s)')).toBe(3);
    expect(count(texts, 'c₂')).toBe(1);
  });
});

describe('rates', () => {
  test('have units, bands, and a label that says how much the bands can be trusted', () => {
    const { texts } = figure('rates');
    expect(texts).toContain('J(t) (Å²/s)');
    expect(texts).toContain('γ̇(t) (1/s)');
    expect(count(texts, 't (s)')).toBe(2);
    expect(texts.join(' ')).toMatch(/68 % and 95 %, by linear propagation of the speckle covariance/);
    expect(figures.get('rates')!.match(/fill-opacity/g)).toHaveLength(4);
  });

  test('have one panel in static mode', () => {
    const { texts } = figure('rates', figuresOf(makeSyntheticFit({ angles: 1, frames: 20, mode: 'static' })));
    expect(texts).toContain('J(t) (Å²/s)');
    expect(texts).not.toContain('γ̇(t) (1/s)');
  });

  test('cross zero on a linear axis when the shear changes sign', () => {
    const parameters = fit.outcome.parameters.map((one) =>
      one.name === 'gamma_dot_t_offset' ? { ...one, value: -1e-4 } : one,
    );
    const svg = figuresOf({ ...fit, outcome: { ...fit.outcome, parameters } }).get('rates')!;
    expect(readSvg(svg).texts).toContain('×10⁻⁵');
    expect(svg).toContain('stroke-dasharray');
  });

  test('say why a band is missing', () => {
    const speckle = new Float64Array(fit.outcome.covariance.speckle.length).fill(Number.NaN);
    const parameters = fit.outcome.parameters.map((one) => ({
      ...one,
      uncertainty: unknownError('not determined by the data'),
    }));
    const outcome = { ...fit.outcome, parameters, covariance: { ...fit.outcome.covariance, speckle } };
    const svg = figuresOf({ ...fit, outcome }).get('rates')!;
    expect(readSvg(svg).texts.join(' ')).toContain(
      'No band for J(t): the error is not known of D0 (not determined by the data), alpha (not determined by the data)',
    );
    expect(svg).not.toContain('fill-opacity');
  });
});

describe('convergence', () => {
  test('tells reduced from full data and how many starts agree', () => {
    const { texts } = figure('convergence');
    expect(texts).toContain('some of the frames');
    expect(texts).toContain('all data');
    expect(texts).toContain('relative excess cost');
    expect(count(texts, 'step')).toBe(2);
    expect(texts).toContain('convergence: 7 of 8 starts reached the best minimum; 8 passes over all data');
  });

  test('draws the best start bold, the others faint and rejected steps as open circles', () => {
    const svg = figures.get('convergence')!;
    expect(svg.match(/stroke-width="2.2" stroke-opacity="1"/g)).toHaveLength(2);
    expect(svg.match(/stroke-width="1" stroke-opacity="0.35"/g)).toHaveLength(7 + 1);
    expect(svg.match(/<circle /g)).toHaveLength(3);
  });

  test('begins a new line where a start changes to other data or climbs again, and compares costs of the same data only', () => {
    const entry = (level: 'coarse' | 'full', iteration: number, cost: number) => ({
      level,
      start: 0,
      iteration,
      cost,
      accepted: true,
    });
    const trace = [
      entry('coarse', 0, 9),
      entry('coarse', 1, 3),
      entry('coarse', 0, 900),
      entry('coarse', 2, 300),
      entry('full', 0, 5),
      entry('full', 1, 4),
      entry('full', 0, 8),
      entry('full', 2, 6),
    ];
    const svg = figuresOf({ ...fit, outcome: { ...fit.outcome, solver: { ...fit.outcome.solver, trace } } }).get(
      'convergence',
    )!;
    const [coarse, full] = Array.from(
      svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#[0-9a-f]+" stroke-width="2.2"/g),
      (match) => match[1]!,
    );
    const points = Array.from(coarse!.matchAll(/[ML]([\d.]+) ([\d.]+)/g), (match) => [
      Number(match[1]),
      Number(match[2]),
    ]);
    expect(coarse!.match(/M/g)).toHaveLength(2);
    expect(full!.match(/M/g)).toHaveLength(2);
    expect(points.map(([x]) => x)).toEqual([...points.map(([x]) => x!)].sort((a, b) => a - b));
    expect(points[0]![1]).toBe(points[2]![1]);
    expect(points[1]![1]).toBe(points[3]![1]);
  });

  test('has something to say when nothing was to be optimised', () => {
    const outcome = { ...fit.outcome, solver: { ...fit.outcome.solver, trace: [] } };
    expect(figure('convergence', figuresOf({ ...fit, outcome })).texts).toContain(
      'No iteration was needed: no parameter is free.',
    );
  });
});
