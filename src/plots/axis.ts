/** Draw the frame, ticks and labels of a rectangular panel. */
import { textWidth } from './text-width.ts';
import { element, line, text } from './svg.ts';
import type { Scale } from './scale.ts';

export const INK = '#222222';
export const FAINT_INK = '#666666';
export const TICK_SIZE = 11;
export const LABEL_SIZE = 12;
/** Between the labels of two ticks. */
const LABEL_GAP = 4;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface AxisOptions {
  /** `name (unit)`; absent: no label. */
  readonly label?: string | undefined;
  /** Draw tick labels. Default true. */
  readonly tickLabels?: boolean;
  /** About how many labelled ticks. */
  readonly count?: number;
  /** Distance of the label from the panel, px. */
  readonly labelGap?: number;
  /** Where the power of ten goes that all tick labels share: beside the axis, or into the unit of the label. Default `beside`. */
  readonly factor?: 'beside' | 'unit';
}

/** A label whose unit holds the factor of its ticks: `γ̇ (1/s)` and `×10⁻⁴` make `γ̇ (10⁻⁴/s)`. */
export function labelWithFactor(label: string, factor: string): string {
  const power = factor.replace('×', '');
  if (power === '') return label;
  if (!label.endsWith(')')) return `${label} (${power})`;
  return label.includes('(1/') ? label.replace('(1/', `(${power}/`) : label.replace(/\((?=[^(]*$)/, `(${power} `);
}

export function frame(box: Box): string {
  return element('rect', { ...box, fill: 'none', stroke: INK, 'stroke-width': 0.8 });
}

/** Ticks and labels below a panel. */
export function bottomAxis(box: Box, scale: Scale, options: AxisOptions = {}): string {
  const { label, tickLabels = true, count = Math.max(2, Math.round(box.width / 70)), labelGap = 36 } = options;
  const base = box.y + box.height;
  const { ticks, factor } = scale.ticks(count);
  const beside = options.factor !== 'unit' && factor !== '';
  let free = -Infinity;
  const parts = ticks.map((tick) => {
    const x = scale(tick.value);
    const mark = line(x, base, x, base + (tick.label === '' ? 3 : 5), { stroke: INK, 'stroke-width': 0.8 });
    const half = textWidth(tick.label, TICK_SIZE) / 2;
    // Logarithmic ticks crowd at the end of each decade.
    if (!tickLabels || tick.label === '' || x - half < free) return mark;
    free = x + half + LABEL_GAP;
    return mark + text(x, base + 17, tick.label, { anchor: 'middle', size: TICK_SIZE, fill: INK });
  });
  if (tickLabels && beside) {
    parts.push(text(box.x + box.width, base + 30, factor, { anchor: 'end', size: TICK_SIZE, fill: INK }));
  }
  if (label !== undefined) {
    const told = beside ? label : labelWithFactor(label, factor);
    parts.push(text(box.x + box.width / 2, base + labelGap, told, { anchor: 'middle', size: LABEL_SIZE, fill: INK }));
  }
  return parts.join('');
}

/** Ticks and labels left of a panel. */
export function leftAxis(box: Box, scale: Scale, options: AxisOptions = {}): string {
  const { label, tickLabels = true, count = Math.max(2, Math.round(box.height / 50)), labelGap = 46 } = options;
  const { ticks, factor } = scale.ticks(count);
  const beside = options.factor !== 'unit' && factor !== '';
  const parts = ticks.map((tick) => {
    const y = scale(tick.value);
    const mark = line(box.x, y, box.x - (tick.label === '' ? 3 : 5), y, { stroke: INK, 'stroke-width': 0.8 });
    if (!tickLabels || tick.label === '') return mark;
    return mark + text(box.x - 8, y + 4, tick.label, { anchor: 'end', size: TICK_SIZE, fill: INK });
  });
  if (tickLabels && beside) parts.push(text(box.x, box.y - 6, factor, { size: TICK_SIZE, fill: INK }));
  if (label !== undefined) {
    const told = beside ? label : labelWithFactor(label, factor);
    const options = { anchor: 'middle', size: LABEL_SIZE, fill: INK, rotate: -90 } as const;
    parts.push(text(box.x - labelGap, box.y + box.height / 2, told, options));
  }
  return parts.join('');
}
