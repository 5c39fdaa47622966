/** What is unusual in a configuration but allowed: implausible magnitudes, keys that the chosen mode does not use. */
import type { Warning } from '../base/events.ts';
import { checkPlausible } from '../data/plausibility.ts';
import type { Config } from './config.ts';
import { OLD_KEYS } from './old-keys.ts';

/** Names of engines in older configurations, and what they are called now. */
export const OLD_NAMES: Readonly<Record<string, 'sequential' | 'local'>> = {
  pjit: 'sequential',
  multiprocessing: 'local',
};

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
  for (const [old, now] of OLD_KEYS) {
    if (given(old)) warnings.push({ code: 'deprecated-name', text: `${old} is an old name; write ${now}` });
  }
  const { backend, workers } = config.parallel;
  const successor = OLD_NAMES[backend];
  if (successor !== undefined) {
    const text = `parallel.backend: ${backend} is an old name; write ${successor}`;
    warnings.push({ code: 'deprecated-name', text });
  }
  if (backend === 'sequential' && workers !== 'auto' && workers !== 1) {
    const text = `parallel.workers: ${workers} has no effect with backend: sequential`;
    warnings.push({ code: 'key-without-effect', text });
  }
  return warnings.filter((warning) => warning !== null);
}
