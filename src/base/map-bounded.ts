/** Work on the items of a list side by side, so many at once. */

/**
 * Results in the order of the items. Work on the items begins in their order, at most `limit` at once. After a failure
 * no further item is begun; when everything has come to rest, the failure of the first item that failed is thrown.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const failures = new Map<number, unknown>();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.size === 0) {
      const index = next++;
      try {
        results.set(index, await work(items[index]!, index));
      } catch (reason) {
        failures.set(index, reason);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return items.map((_, index) => results.get(index)!);
}
