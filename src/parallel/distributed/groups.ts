/** Stretches of the data, each of which is one task of a round. */
import { partition, type TileArrays, type TileStretch } from '../../kernels/index.ts';
import type { SharedData } from '../shared-data.ts';
import { addGroup, groupTask } from './group-task.ts';
import { allOrNone, type Pieces, type Place, pointsOfAll, type Round } from './rounds.ts';

export interface GroupOptions {
  /** Tasks of a round. */
  readonly count: number;
  /** Threads that a task computes with. */
  readonly threads: number;
}

interface Group {
  readonly stretch: TileStretch;
  readonly points: number;
  readonly shared: SharedData<TileArrays>;
}

/** Groups are cut between blocks of 2^level tiles, of which there are about so many per group: units of work are within one. */
const BLOCKS_PER_GROUP = 32;
/** Numbers of a round up to so many bytes go along with its tasks. */
const WITH_TASKS = 2 ** 18;

export async function inGroups(place: Place, { count, threads }: GroupOptions): Promise<Pieces> {
  const { data, backend } = place;
  const { frames, angles } = data;
  const leaves = partition(frames, angles).length;
  const groups = await bringGroups(place, count);
  let lastWork = 0;
  const round: Round = async (sums, { heads, numbers }, context) => {
    await using shared = numbers.byteLength > WITH_TASKS ? await backend.share({ numbers }) : null;
    const all = { frames, angles, excluded: data.excluded.slice(), heads, threads, numbers: shared?.ref ?? numbers };
    let work = 0;
    await allOrNone(groups, context, async ({ stretch, points, shared: { ref } }, options) => {
      const found = await backend.submit(groupTask, { ...all, data: ref, stretch }, { ...options, cost: points });
      work += found.milliseconds;
      addGroup(sums, stretch, leaves, found);
    });
    lastWork = work;
  };
  return { tasks: groups.length, leaves, round, lastWork: () => lastWork };
}

/** All groups have about as many points. */
async function bringGroups({ data, bring }: Place, count: number): Promise<Group[]> {
  const tiles = partition(data.frames, data.angles);
  let length = 1;
  while (2 * length * BLOCKS_PER_GROUP * count <= tiles.length) length *= 2;
  const blocks = Array.from({ length: Math.ceil(tiles.length / length) }, (_, k) => k);
  const pointsOf = (block: number): number =>
    pointsOfAll(tiles.slice(block * length, (block + 1) * length), data.frames);
  const all = pointsOfAll(tiles, data.frames);
  let before = 0;
  const byGroup = Map.groupBy(blocks, (block) => {
    const points = pointsOf(block);
    const middle = before + points / 2;
    before += points;
    return Math.floor((middle / all) * count);
  });
  const groups: Group[] = [];
  for (const own of byGroup.values()) {
    const stretch = { first: own[0]! * length, end: Math.min((own.at(-1)! + 1) * length, tiles.length) };
    const within = tiles.slice(stretch.first, stretch.end);
    groups.push({ stretch, points: pointsOfAll(within, data.frames), shared: await bring(within) });
  }
  return groups;
}
