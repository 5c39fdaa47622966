/** "Did you mean": the candidate closest to a word somebody typed. */

/** Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, substitutions, swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforeLast[j - 2]! + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/**
 * The candidate nearest to `word`, or null when none is near enough to be what was meant: at most two edits, and at
 * most one for words of up to four letters; or the only candidate that begins with the word. Case, `-` and `_` do not
 * count as differences.
 */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  const target = plain(word);
  const limit = target.length <= 4 ? 1 : 2;
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(target, plain(candidate));
    if (distance < bestDistance && distance < plain(candidate).length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== null || target.length < 3) return best;
  const longer = candidates.filter((candidate) => plain(candidate).startsWith(target));
  return longer.length === 1 ? longer[0]! : null;
}
