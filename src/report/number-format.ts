/** Write numbers for reports in plain ASCII, rounded to what is known: two significant digits of the error. */

/** A value and its standard error with the digits the error allows: `19230 +/- 380`, `(1.000 +/- 0.020)e-04`. */
export function withError(value: number, error: number): string {
  if (!(error > 0)) return `${plain(value)} +/- ${plain(error)}`;
  const { texts, power } = alike([value, error], error);
  return power === '' ? texts.join(' +/- ') : `(${texts.join(' +/- ')})${power}`;
}

/** Numbers with the digits that an error above 0 allows, all with the power of ten that stands after them, if any. */
export function alike(
  values: readonly number[],
  error: number,
): { readonly texts: readonly string[]; readonly power: string } {
  const exponent = decade(Math.max(...values.map(Math.abs)));
  const place = decade(Number(error.toPrecision(2)));
  if (exponent >= -3 && exponent < 6) return { texts: values.map((value) => rounded(value, 1 - place)), power: '' };
  const decimals = 1 + exponent - place;
  return { texts: values.map((value) => rounded(value / 10 ** exponent, decimals)), power: `e${power(exponent)}` };
}

/** A number whose error is not known, to six significant digits. */
export function plain(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (value === 0) return '0';
  const exponent = decade(value);
  if (exponent >= -4 && exponent < 9) return String(Number(value.toPrecision(digits)));
  const [mantissa, raised] = value.toExponential(digits - 1).split('e');
  return `${Number(mantissa)}e${power(Number(raised))}`;
}

/** The error as a share of the value: `2.0 %`; empty for a value of zero. */
export function relative(value: number, error: number): string {
  if (value === 0 || !Number.isFinite(error / value)) return '';
  const percent = Math.abs((100 * error) / value);
  return percent > 999 ? '> 999 %' : `${Number(percent.toPrecision(2))} %`;
}

/** Seconds with three significant digits. */
export function seconds(value: number): string {
  return `${plain(value, 3)} s`;
}

/** A count with its noun: `1 frame`, `3 frames`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function decade(value: number): number {
  return Number(Math.abs(value).toExponential().split('e')[1]);
}

/** Round to decimals, which may be negative: `rounded(19234, -1)` is `19230`. */
function rounded(value: number, decimals: number): string {
  const unit = 10 ** -decimals;
  const text = decimals >= 0 ? value.toFixed(Math.min(100, decimals)) : (Math.round(value / unit) * unit).toFixed(0);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

function power(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
