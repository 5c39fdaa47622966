/** What is unusual in a configuration but allowed: implausible magnitudes, keys that the chosen mode does not use. */
import type { Warning } from '../base/events.ts';
import { checkPlausible } from '../data/plausibility.ts';
import type { Config } from './config.ts';

/**
 * Warnings about a resolved configuration; empty when nothing is unusual. Reading data checks q and dt again, whatever
 * their source, and says the same in the same words.
 */
export function plausibilityWarnings(config: Config): readonly Warning[] {
  const { data, grid, scaling } = config;
  const warnings = [
    data.q === null ? null : checkPlausible('q', data.q),
    data.gap === null ? null : checkPlausible('gap', data.gap),
    data.dt === null ? null : checkPlausible('dt', data.dt),
    grid === null || grid.dt === data.dt ? null : checkPlausible('dt', grid.dt),
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
