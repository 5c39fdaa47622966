/** Neighbouring parts of the data in groups, each of which is one task of a round. */
import type { Tile, TileArrays } from '../../kernels/index.ts';
import type { SharedData } from '../shared-data.ts';
import { addGroup, groupTask } from './group-task.ts';
import { allOrNone, type Pieces, type Place, pointsOfAll, type Round } from './parts.ts';

export interface GroupOptions {
  readonly count: number;
  /** Threads that a task computes its group with. */
  readonly threads: number;
}

interface Group {
  /** Number of its first part among all. */
  readonly first: number;
  readonly parts: readonly (readonly Tile[])[];
  readonly points: number;
  readonly shared: SharedData<TileArrays>;
}

/** Numbers of a round up to so many bytes go along with its tasks. */
const WITH_TASKS = 2 ** 18;

export async function inGroups(place: Place, { count, threads }: GroupOptions): Promise<Pieces> {
  const { data, backend, parts } = place;
  const { frames, angles } = data;
  const groups = await bringGroups(place, count);
  let lastWork = 0;
  const round: Round = async (sums, { heads, numbers }, context) => {
    await using shared = numbers.byteLength > WITH_TASKS ? await backend.share({ numbers }) : null;
    const lengths = sums.map(({ length }) => length);
    const all = { frames, angles, excluded: data.excluded.slice(), heads, lengths, of: parts.length, threads };
    let work = 0;
    await allOrNone(groups, context, async ({ first, parts: own, points, shared: { ref } }, options) => {
      const input = { ...all, data: ref, first, parts: own, numbers: shared?.ref ?? numbers };
      const found = await backend.submit(groupTask, input, { ...options, cost: points });
      work += found.milliseconds;
      addGroup(sums, found);
    });
    lastWork = work;
  };
  return { groups: groups.length, round, lastWork: () => lastWork };
}

/** All groups have about as many points. */
async function bringGroups({ data, parts, bring }: Place, count: number): Promise<Group[]> {
  const points = parts.map((tiles) => pointsOfAll(tiles, data.frames));
  const all = points.reduce((sum, one) => sum + one, 0);
  let before = 0;
  const groupOf = points.map((one) => {
    const middle = before + one / 2;
    before += one;
    return Math.floor((middle / all) * count);
  });
  const groups: Group[] = [];
  for (const group of new Set(groupOf)) {
    const first = groupOf.indexOf(group);
    const end = groupOf.lastIndexOf(group) + 1;
    const own = parts.slice(first, end);
    const sum = points.slice(first, end).reduce((a, b) => a + b, 0);
    groups.push({ first, parts: own, points: sum, shared: await bring(own.flat()) });
  }
  return groups;
}
