/** Write numbers as figures show them: a true minus sign, powers of ten as superscripts, no needless digits. */

const SUPERSCRIPTS = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/** `10⁻³`; an integer exponent. */
export function powerOfTen(exponent: number): string {
  const digits = Array.from(String(Math.abs(exponent)), (digit) => SUPERSCRIPTS[Number(digit)]!).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** A number to so many significant digits: plain between 0.001 and 99999, else `2.1×10⁻⁵`. */
export function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return 'unknown';
  const [mantissa, power] = value.toExponential(digits - 1).split('e');
  const exponent = Number(power);
  if (exponent >= -3 && exponent <= 4) {
    return withMinus(Number(value.toPrecision(digits)).toFixed(Math.max(0, digits - 1 - exponent)));
  }
  return `${withMinus(mantissa!)}×${powerOfTen(exponent)}`;
}

/** Fixed decimals with a true minus sign; never `−0.0`. */
export function fixed(value: number, decimals: number): string {
  const plain = value.toFixed(decimals);
  return withMinus(Number(plain) === 0 ? plain.replace('-', '') : plain);
}

export function withMinus(content: string): string {
  return content.replace('-', '−');
}
