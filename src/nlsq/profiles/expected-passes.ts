/** How much work profiles usually are, for progress bars. */

const PASSES_PER_PARAMETER = 30;
const PASSES_PER_PAIR = 300;

/** Passes over all data that targets of one or two names usually take. */
export function passesOf(targets: readonly (readonly string[])[] = []): number {
  return targets.reduce((sum, names) => sum + (names.length === 1 ? PASSES_PER_PARAMETER : PASSES_PER_PAIR), 0);
}
