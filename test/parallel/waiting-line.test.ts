/** Who waits for a slot is called longest first, and once. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Losses } from '../../src/parallel/losses.ts';
import { WaitingLine } from '../../src/parallel/waiting-line.ts';

it('calls the longest first, equal ones in order, and passes over those that left', () => {
  const entry = fc.record({ cost: fc.integer({ min: 0, max: 5 }), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.boolean(), (entries, all) => {
      const line = new WaitingLine();
      const called: number[] = [];
      const joined = entries.map(({ cost }, k) => line.join(cost, () => called.push(k)));
      const leaving = entries.flatMap(({ leaves }, k) => (leaves ? [k] : []));
      for (const k of leaving) joined[k]!.leave();
      for (const k of leaving) joined[k]!.leave();
      expect(called).toEqual(leaving);
      const staying = entries.flatMap(({ cost, leaves }, k) => (leaves ? [] : [{ cost, k }]));
      expect(line.length).toBe(staying.length);
      if (all) line.callAll();
      else for (const _ of staying) line.callNext();
      const expected = staying.toSorted((a, b) => b.cost - a.cost || a.k - b.k).map(({ k }) => k);
      expect(called.slice(leaving.length)).toEqual(expected);
      line.callNext();
      expect(line.length).toBe(0);
      expect(called).toHaveLength(entries.length);
    }),
    { seed: 22, numRuns: 300 },
  );
});

it('tries a lost task again as often as its causes allow', () => {
  const lose = (losses: Losses, causes: readonly ('worker' | 'memory' | 'place')[]): boolean[] =>
    causes.map((cause) => losses.add({ kind: 'lost', cause, reason: cause }));
  expect(lose(new Losses(5), ['worker', 'worker', 'worker'])).toEqual([true, true, false]);
  expect(lose(new Losses(5), ['memory', 'worker', 'memory', 'worker', 'memory'])).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(
    lose(
      new Losses(5),
      Array.from({ length: 6 }, () => 'place' as const),
    ).lastIndexOf(true),
  ).toBe(4);
  const once = new Losses(0);
  expect(lose(once, ['place'])).toEqual([false]);
  expect(once.reasons).toEqual(['place']);
});
