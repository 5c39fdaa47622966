/** Numbers in sentences. */
import { formatQuantity } from '../base/units.ts';

/** `1 value`, `3 values`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A list for messages: six significant digits, at most twelve entries. */
export function listNumbers(values: readonly number[]): string {
  const shown = values.slice(0, 12).map((v) => String(Number(v.toPrecision(6))));
  return shown.join(', ') + (values.length > 12 ? `, … (${values.length} in all)` : '');
}

/** `812 MB`, `1.3 GB`: three digits. */
export function roundBytes(bytes: number): string {
  return formatQuantity(Number(bytes.toPrecision(3)), 'size');
}
