import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extent, linearScale, logScale, pad } from '../../src/plots/scale.ts';

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const labels = (ticks: readonly { label: string }[]): string[] =>
  ticks.map((tick) => tick.label).filter((label) => label !== '');

describe('a linear scale', () => {
  test('maps its domain onto its range', () => {
    const scale = linearScale([2, 4], [100, 0]);
    expect([scale(2), scale(3), scale(4)]).toEqual([100, 50, 0]);
  });

  test('chooses round ticks with the decimals they need', () => {
    expect(labels(linearScale([0.93, 1.33], [0, 1]).ticks(8).ticks)).toEqual([
      '0.95',
      '1.00',
      '1.05',
      '1.10',
      '1.15',
      '1.20',
      '1.25',
      '1.30',
    ]);
    expect(labels(linearScale([-3, 3], [0, 1]).ticks(6).ticks)).toEqual(['−3', '−2', '−1', '0', '1', '2', '3']);
    expect(labels(linearScale([0, 350], [0, 1]).ticks(5).ticks)).toEqual([
      '0',
      '50',
      '100',
      '150',
      '200',
      '250',
      '300',
      '350',
    ]);
  });

  test('takes a power of ten out of very small and very large labels', () => {
    const { ticks, factor } = linearScale([-1.6e-4, 0.4e-4], [0, 1]).ticks(4);
    expect(factor).toBe('×10⁻⁴');
    expect(labels(ticks)).toEqual(['−1.5', '−1.0', '−0.5', '0']);
    expect(linearScale([0, 3e6], [0, 1]).ticks(3)).toMatchObject({ factor: '×10⁶' });
  });

  test('has ascending ticks inside its domain, not far from the number asked for', () => {
    fc.assert(
      fc.property(finite, finite, fc.integer({ min: 2, max: 10 }), (a, b, count) => {
        fc.pre(Math.abs(a - b) > 1e-6 * Math.max(1, Math.abs(a), Math.abs(b)));
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const { ticks } = linearScale([low, high], [0, 1]).ticks(count);
        const slack = 1e-6 * (high - low);
        expect(ticks.length).toBeLessThanOrEqual(2 * count + 1);
        expect(ticks.length).toBeGreaterThanOrEqual(Math.floor(count / 2));
        ticks.forEach((tick, k) => {
          expect(tick.value).toBeGreaterThanOrEqual(low - slack);
          expect(tick.value).toBeLessThanOrEqual(high + slack);
          if (k > 0) expect(tick.value).toBeGreaterThan(ticks[k - 1]!.value);
        });
      }),
    );
  });

  test('opens up where all values are equal', () => {
    expect(linearScale([5, 5], [0, 1]).domain).toEqual([4.75, 5.25]);
    expect(linearScale([0, 0], [0, 1]).domain).toEqual([-1, 1]);
  });
});

describe('a logarithmic scale', () => {
  test('maps decades evenly and has no place for what is not positive', () => {
    const scale = logScale([0.1, 1000], [0, 400]);
    expect(scale(1)).toBeCloseTo(100, 10);
    expect(scale(100)).toBeCloseTo(300, 10);
    expect(scale(0)).toBeNaN();
    expect(scale(-1)).toBeNaN();
  });

  test('labels decades, with more digits between them where there is room', () => {
    expect(labels(logScale([0.1, 120], [0, 1]).ticks(4).ticks)).toEqual(['0.1', '1', '10', '100']);
    expect(labels(logScale([1, 20], [0, 1]).ticks(5).ticks)).toEqual(['1', '2', '5', '10', '20']);
    expect(labels(logScale([1e-13, 10], [0, 1]).ticks(5).ticks)).toEqual(['10⁻¹²', '10⁻⁹', '10⁻⁶', '10⁻³', '10⁰']);
    expect(labels(logScale([4000, 80000], [0, 1]).ticks(6).ticks)).toEqual(['5×10³', '10⁴', '2×10⁴', '5×10⁴']);
  });

  test('falls back to plain numbers within less than a decade', () => {
    expect(labels(logScale([0.04, 0.05], [0, 1]).ticks(5).ticks)).toEqual([
      '0.040',
      '0.042',
      '0.044',
      '0.046',
      '0.048',
      '0.050',
    ]);
  });

  test('marks every tick inside its domain', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 6, noNaN: true }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        fc.integer({ min: 2, max: 9 }),
        (low, span, count) => {
          const { ticks } = logScale([10 ** low, 10 ** (low + span)], [0, 1]).ticks(count);
          expect(labels(ticks).length).toBeGreaterThan(0);
          for (const { value } of ticks) {
            expect(Math.log10(value)).toBeGreaterThan(low - 1e-6);
            expect(Math.log10(value)).toBeLessThan(low + span + 1e-6);
          }
        },
      ),
    );
  });
});

test('the extent of values ignores what is not finite', () => {
  expect(extent([Number.NaN, 3, -1, Infinity])).toEqual([-1, 3]);
  expect(extent([Number.NaN])).toBeNull();
  expect(pad([0, 10], 0.1)).toEqual([-1, 11]);
});
