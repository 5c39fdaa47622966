/** What is unusual in a configuration but allowed: implausible magnitudes, keys that the chosen mode does not use. */
import type { Warning } from '../base/events.ts';
import { formatInOtherUnits, formatQuantity, type Dimension } from '../base/units.ts';
import type { Config } from './config.ts';
import { PLAUSIBLE } from './schema.ts';

/** Warnings about a resolved configuration; empty when nothing is unusual. */
export function plausibilityWarnings(config: Config): readonly Warning[] {
  const { data, grid, scaling } = config;
  const warnings = [
    checkMagnitude('data.q', data.q, 'wavevector', PLAUSIBLE.q),
    checkMagnitude('data.gap', data.gap, 'length', PLAUSIBLE.gap),
    checkMagnitude('data.dt', data.dt, 'time', PLAUSIBLE.dt),
    grid?.dt === data.dt ? null : checkMagnitude('grid.dt', grid?.dt ?? null, 'time', PLAUSIBLE.dt),
  ];
  const given = (key: string): boolean => (config.origins.get(key) ?? 'default') !== 'default';
  if (config.model === 'static' && given('data.gap')) {
    warnings.push({ code: 'key-without-effect', text: 'data.gap has no effect with model: static' });
  }
  if (scaling.mode !== 'fourier' && given('scaling.order')) {
    warnings.push({ code: 'key-without-effect', text: `scaling.order has no effect with mode: ${scaling.mode}` });
  }
  return warnings.filter((warning) => warning !== null);
}

/** A warning for a value outside the usual range, shown in other units; null when it is usual or absent. */
export function checkMagnitude(
  name: string,
  value: number | null,
  dimension: Dimension,
  [low, high]: readonly [number, number],
): Warning | null {
  if (value === null || (value >= low && value <= high)) return null;
  const range = `${formatQuantity(low, dimension)} to ${formatQuantity(high, dimension)}`;
  const text = `${name} is ${formatInOtherUnits(value, dimension)}, outside the usual ${range}; check its unit`;
  return { code: `implausible-${name.split('.').at(-1)}`, text };
}
