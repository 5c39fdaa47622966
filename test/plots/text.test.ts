import { describe, expect, test } from 'vitest';
import { fixed, powerOfTen, significant } from '../../src/plots/number-text.ts';
import { coordinate, dots, element, polyline, text } from '../../src/plots/svg.ts';
import { fitText, fitTitle, textWidth, wrapText } from '../../src/plots/text-width.ts';

describe('numbers on figures', () => {
  test.each([
    [19230, 3, '19200'],
    [0.0023, 3, '0.00230'],
    [0.00023, 2, '2.3×10⁻⁴'],
    [-1.5e7, 2, '−1.5×10⁷'],
    [0, 3, '0'],
    [Number.NaN, 3, 'unknown'],
    [0.99999, 3, '1.00'],
  ])('%f to %i digits is %s', (value, digits, expected) => {
    expect(significant(value, digits)).toBe(expected);
  });

  test('have a true minus sign and no negative zero', () => {
    expect(fixed(-0.04, 1)).toBe('0.0');
    expect(fixed(-12.25, 1)).toBe('−12.3');
    expect(powerOfTen(-13)).toBe('10⁻¹³');
  });
});

describe('SVG text', () => {
  test('escapes what XML would misread', () => {
    expect(text(1, 2, 'a < b & "c"')).toBe('<text x="1" y="2">a &lt; b &amp; &quot;c&quot;</text>');
    expect(element('g', { id: 'x"y', skipped: undefined, width: 0.123456 })).toBe('<g id="x&quot;y" width="0.12"/>');
  });

  test('keeps coordinates short and lines broken where a point is missing', () => {
    expect([coordinate(-0.001), coordinate(1.005), coordinate(12)]).toEqual(['0', '1', '12']);
    expect(
      polyline([
        [0, 0],
        [1, 1],
        [2, Number.NaN],
        [3, 3],
        [4, 4],
      ]),
    ).toBe('M0 0L1 1M3 3L4 4');
    expect(
      dots([
        [1, 2],
        [Number.NaN, 2],
      ]),
    ).toBe('M1 2h.01');
  });
});

describe('laying out words', () => {
  test('wraps at spaces and never beyond the width', () => {
    const words = 'Points: measured, lines: model; both are means over the same pairs of frames';
    const lines = wrapText(words, 10, 150);
    expect(lines.join(' ')).toBe(words);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(textWidth(line, 10)).toBeLessThanOrEqual(150);
  });

  test('cuts what does not fit and says so', () => {
    const cut = fitText('a-very-long-file-name-of-a-very-long-measurement.h5', 14, 120);
    expect(cut).toMatch(/^a-very.*…$/);
    expect(textWidth(cut, 14)).toBeLessThanOrEqual(120);
    expect(fitText('short.h5', 14, 120)).toBe('short.h5');
  });

  test('in a title costs the file name its middle, never what is shown', () => {
    const name = 'A_2026-11-26_colloidal-suspension_3wt-percent_25C_sheared_0042_att02_Lq0_full.h5';
    const rest = ' · q = 0.0054 Å⁻¹ · 23 angles';
    const cut = fitTitle(name + rest, 14, 500);
    expect(textWidth(cut, 14)).toBeLessThanOrEqual(500);
    expect(textWidth(cut, 14)).toBeGreaterThan(480);
    expect(cut).toMatch(/^A_2026-11-.*….*_Lq0_full\.h5 · q = 0\.0054 Å⁻¹ · 23 angles$/);
    expect(fitTitle(`short.h5${rest}`, 14, 500)).toBe(`short.h5${rest}`);
    // Where even that is too wide it is cut like any text.
    expect(textWidth(fitTitle(name + rest, 14, 150), 14)).toBeLessThanOrEqual(150);
  });
});
