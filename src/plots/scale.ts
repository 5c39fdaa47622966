/** Map values to pixels and choose tick marks, linear and logarithmic. */
import { fixed, powerOfTen } from './number-text.ts';

export interface Tick {
  readonly value: number;
  /** Empty for a minor tick. */
  readonly label: string;
}

export interface Ticks {
  readonly ticks: readonly Tick[];
  /** `×10⁻⁴`, or empty. */
  readonly factor: string;
}

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly domain: readonly [number, number];
  /** Pixel of a value; NaN for a value a logarithm cannot take. */
  (value: number): number;
  /** About `count` labelled ticks inside the domain; every label is to be multiplied by `factor` where there is one. */
  ticks(count: number): Ticks;
}

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = widen(domain);
  const map = (value: number): number => range[0] + ((value - low) / (high - low)) * (range[1] - range[0]);
  return Object.assign(map, {
    kind: 'linear' as const,
    domain: [low, high] as const,
    ticks: (count: number) => linearTicks(low, high, count),
  });
}

/** A linear scale of what is counted: ticks at whole numbers only. */
export function countScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const scale = linearScale(domain, range);
  const [low, high] = scale.domain;
  const ticks = (count: number): Ticks => linearTicks(low, high, Math.max(1, Math.min(count, Math.floor(high - low))));
  return Object.assign((value: number) => scale(value), { kind: scale.kind, domain: scale.domain, ticks });
}

/** Needs 0 < domain[0] < domain[1]. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const low = Math.log10(domain[0]);
  const high = Math.log10(domain[1]) > low ? Math.log10(domain[1]) : low + 1;
  const map = (value: number): number =>
    value > 0 ? range[0] + ((Math.log10(value) - low) / (high - low)) * (range[1] - range[0]) : Number.NaN;
  return Object.assign(map, {
    kind: 'log' as const,
    domain: [10 ** low, 10 ** high] as const,
    ticks: (count: number) => logTicks(low, high, count),
  });
}

/** The extremes of the finite values, or null when there are none. */
export function extent(values: Iterable<number>): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Grow a linear interval by a fraction of its length on both sides. */
export function pad([low, high]: readonly [number, number], fraction: number): [number, number] {
  const [a, b] = widen([low, high]);
  return [a - fraction * (b - a), b + fraction * (b - a)];
}

function widen([low, high]: readonly [number, number]): [number, number] {
  if (high > low) return [low, high];
  const half = low === 0 ? 1 : Math.abs(low) * 0.05;
  return [low - half, low + half];
}

function linearTicks(low: number, high: number, count: number): Ticks {
  const rough = (high - low) / Math.max(1, count);
  const decade = Math.floor(Math.log10(rough));
  const lead = rough / 10 ** decade;
  const step = lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10;
  const exponent = step === 10 ? decade + 1 : decade;
  const mantissa = step === 10 ? 1 : step;
  // Multiples of an integer step are exact; 10^exponent is applied last.
  const unit = (k: number): number => (exponent < 0 ? (k * mantissa) / 10 ** -exponent : k * mantissa * 10 ** exponent);
  const size = unit(1);
  const first = Math.ceil(low / size - 1e-9);
  const last = Math.floor(high / size + 1e-9);
  const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => unit(first + k));
  const largest = Math.max(...values.map(Math.abs), 0);
  if (largest >= 1e5 || (largest < 1e-3 && largest > 0)) {
    const power = Math.floor(Math.log10(largest) + 1e-9);
    const decimals = Math.max(0, power - exponent);
    const label = (value: number): string => (value === 0 ? '0' : fixed(value / 10 ** power, decimals));
    return { ticks: values.map((value) => ({ value, label: label(value) })), factor: `×${powerOfTen(power)}` };
  }
  return { ticks: values.map((value) => ({ value, label: fixed(value, Math.max(0, -exponent)) })), factor: '' };
}

function logTicks(low: number, high: number, count: number): Ticks {
  const span = high - low;
  if (span < 0.7) {
    const plain = linearTicks(10 ** low, 10 ** high, count);
    return { ...plain, ticks: plain.ticks.filter((tick) => tick.value > 0) };
  }
  const values: { value: number; exponent: number; lead: number }[] = [];
  for (let exponent = Math.floor(low); exponent <= Math.ceil(high); exponent++) {
    for (let lead = 1; lead <= 9; lead++) {
      const value = exponent < 0 ? lead / 10 ** -exponent : lead * 10 ** exponent;
      const place = Math.log10(value);
      if (place > low - 1e-9 && place < high + 1e-9) values.push({ value, exponent, lead });
    }
  }
  const every = Math.max(1, Math.ceil(span / Math.max(1, count)));
  const leads = span < 1.2 ? [1, 2, 3, 5] : span < 2 ? [1, 2, 5] : span * 2 <= count ? [1, 3] : [1];
  const labelled = (one: { exponent: number; lead: number }): boolean =>
    leads.includes(one.lead) && (((one.exponent % every) + every) % every === 0 || leads.length > 1);
  const plain = values.filter(labelled).every(({ value }) => value >= 0.0099 && value < 10001);
  const shown = every > 1 ? values.filter((one) => one.lead === 1) : values;
  const ticks = shown.map((one) => ({ value: one.value, label: labelled(one) ? logLabel(one, plain) : '' }));
  return { ticks, factor: '' };
}

function logLabel(
  { value, exponent, lead }: { value: number; exponent: number; lead: number },
  plain: boolean,
): string {
  if (plain) return fixed(value, Math.max(0, -exponent));
  return lead === 1 ? powerOfTen(exponent) : `${lead}×${powerOfTen(exponent)}`;
}
