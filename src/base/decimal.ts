/** Decimal text moved by powers of ten without rounding, so that `100 ms` is the double nearest to 0.1 and nothing else. */

/** The value digits × 10^exponent, as written in a text. */
export interface Decimal {
  readonly negative: boolean;
  /** Decimal digits without a point; leading zeros allowed. */
  readonly digits: string;
  readonly exponent: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Read a plain decimal number (`-1.5`, `.5`, `2e-3`); null when the text is not one. */
export function parseDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  return { negative: sign === '-', digits: whole + fraction, exponent: Number(exponent) - fraction.length };
}

/** The double nearest to `decimal` × 10^shift × multiplier / divisor; exact rounding when `divisor` is 1. */
export function scaleDecimal(decimal: Decimal, shift: number, multiplier = 1n, divisor = 1n): number {
  const digits = multiplier === 1n ? decimal.digits : (BigInt(decimal.digits) * multiplier).toString();
  const magnitude = Number(`${digits}e${decimal.exponent + shift}`) / Number(divisor);
  return decimal.negative ? -magnitude : magnitude;
}

/** The shortest text of `value` × 10^shift, moved as decimal digits: `formatShifted(0.1, 3)` is `100`. */
export function formatShifted(value: number, shift: number): string {
  const decimal = parseDecimal(String(value));
  if (decimal === null || value === 0) return String(value);
  const digits = decimal.digits.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  // Position of the decimal point counted from the first significant digit.
  const point = digits.length + decimal.exponent + shift;
  return (decimal.negative ? '-' : '') + layOut(significant, point);
}

/** Digits 0.d₁d₂… × 10^point, plain unless that is at least three characters longer than the scientific form. */
function layOut(digits: string, point: number): string {
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  const scientific = `${mantissa}e${point - 1}`;
  const plainLength = point <= 0 ? 2 - point + digits.length : Math.max(point, digits.length + 1);
  if (plainLength > scientific.length + 2) return scientific;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
