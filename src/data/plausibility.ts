/** Warnings for values that are possible numbers but orders of magnitude away from any experiment: a unit was mistaken. */
import type { Warning } from '../base/events.ts';
import { formatInOtherUnits, formatQuantity } from '../base/units.ts';
import type { Dimension } from '../base/units.ts';

type Quantity = 'q' | 'dt' | 'gap';

/** Ranges in base units (1/Å, s, Å) that hold every experiment; wide on purpose. */
export const PLAUSIBLE: Readonly<Record<Quantity, readonly [dimension: Dimension, lowest: number, highest: number]>> = {
  q: ['wavevector', 1e-4, 1],
  dt: ['time', 1e-7, 1e4],
  /** 1 µm to 10 cm. */
  gap: ['length', 1e4, 1e9],
};

/** A warning `implausible-q`, `implausible-dt` or `implausible-gap` that shows the value in other units, or null. */
export function checkPlausible(quantity: Quantity, value: number): Warning | null {
  const [dimension, lowest, highest] = PLAUSIBLE[quantity];
  if (value >= lowest && value <= highest) return null;
  const usual = `${formatQuantity(lowest, dimension)} … ${formatQuantity(highest, dimension)}`;
  return {
    code: `implausible-${quantity}`,
    text: `${quantity} = ${formatInOtherUnits(value, dimension)} is far outside ${usual}; is its unit right?`,
  };
}
