/** Cut a list into pages. */

export interface ListPage<T> {
  readonly shown: readonly T[];
  /** For the file name: empty where there is one page, else `-1`, `-2`, … */
  readonly suffix: string;
  /** For the subtitle: empty, or `, page 1 of 3`. */
  readonly told: string;
}

export function pagesOf<T>(items: readonly T[], size: number): ListPage<T>[] {
  const pages = Math.ceil(items.length / size);
  return Array.from({ length: pages }, (_, page) => ({
    shown: items.slice(page * size, (page + 1) * size),
    suffix: pages === 1 ? '' : `-${page + 1}`,
    told: pages === 1 ? '' : `, page ${page + 1} of ${pages}`,
  }));
}
