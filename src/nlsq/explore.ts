/**
 * Find the minima of a coarse level: scan, try out, go down, and look again around what was found.
 *
 * The transport coefficient is found from nearly anywhere. The flow is not: its images (`flow-images.ts`) are false minima.
 * Half of the starts therefore come from a scan of everything, the others from scans of the flow parameters alone with the
 * transport coefficient of the best minimum so far; and whenever there is a new best minimum, its images are tried: if
 * one is better, the start goes on from there.
 */
import { Cancelled, isTwotimeError } from '../base/errors.ts';
import { mapBounded } from '../base/map-bounded.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { ScanRange } from './candidates.ts';
import type { CoordinateSystem } from './coordinates.ts';
import type { FitWork } from './fit-work.ts';
import { flowImages } from './flow-images.ts';
import { merge, sortByCost, type Minimum } from './minima.ts';
import {
  evaluate,
  signalOf,
  SWEEPS_AT_ONCE,
  variancePerPoint,
  type Objective,
  type Point,
  type ScalingGuess,
  type Value,
} from './objective.ts';
import { areApart, givenStart, openSettings, pickDistinct, scan } from './starts.ts';
import { descend, ROUGHLY, type Refined } from './trust-region.ts';

/** Candidates tried out per start, images tried out, and the steps they get. */
const TRIED_PER_START = 3;
const IMAGES_TRIED = 8;
const TRIAL_STEPS = 6;
/** Tried images that go all the way down. */
const IMAGES_FOLLOWED = 2;
/** Starts between two looks at what is best. */
const STARTS_PER_ROUND = 2;
/** (Signal/noise)² from which a level shows where the minima are. */
const CLEAR_SIGNAL = 2000;

export interface Explored {
  /** Best first. */
  readonly minima: readonly Minimum[];
  /** The starts used, in order; the first one is the user's if it was complete. */
  readonly starts: readonly Point[];
  readonly cancelled: boolean;
}

export interface ExploreOptions {
  /** Number of starts. */
  readonly count: number;
  readonly seed: number;
  readonly range: ScanRange;
  /** Angles, degrees. */
  readonly phi: Float64Array;
  /** Scaling to begin with. */
  readonly guess: ScalingGuess;
}

/** A level to begin on, and the scan of everything that was made there, if any. */
export interface Beginning {
  readonly index: number;
  readonly scanned: readonly Value[] | null;
}

/**
 * The coarsest level on which the correlations stand out of the noise, judged at the user's start or the best point of a
 * scan; at most the last level before all data.
 */
export async function chooseLevel(
  objectives: readonly Objective[],
  options: ExploreOptions,
  context: TaskContext,
): Promise<Beginning> {
  const last = Math.max(0, objectives.length - 2);
  for (let index = 0; index < last; index++) {
    const objective = objectives[index]!;
    const given = givenStart(objective.system);
    const scanned = options.count > 1 ? await scanEverything(objective, options, context) : null;
    const points = [...(scanned ?? [])];
    if (given !== null) points.push(await evaluate(objective, given, options.guess, context));
    if (points.some((value) => signalOf(objective, value) >= CLEAR_SIGNAL)) return { index, scanned };
  }
  return { index: last, scanned: null };
}

function scanEverything(
  objective: Objective,
  { range, seed, guess }: ExploreOptions,
  context: TaskContext,
): Promise<Value[]> {
  const settings = openSettings(objective.system, givenStart(objective.system) !== null);
  return scan(objective, { settings, range, seed, stream: 0 }, guess, context);
}

/**
 * Explore a level, with the scan of everything if there is one. Stopped before the first start went down, the best
 * candidate stands for it. Throws `Cancelled` when stopped before there is any point.
 */
export async function explore(
  objective: Objective,
  options: ExploreOptions,
  scanned: readonly Value[] | null,
  work: FitWork,
  context: TaskContext,
): Promise<Explored> {
  const explorer = new Explorer(objective, options, work, context);
  try {
    await explorer.run(scanned);
    return { minima: sortByCost(explorer.minima), starts: explorer.starts, cancelled: false };
  } catch (error) {
    const starts = explorer.starts.length > 0 ? explorer.starts : explorer.candidates.slice(0, 1);
    if (starts.length === 0 || !isTwotimeError(error, 'Cancelled')) throw error;
    return { minima: sortByCost(explorer.minima), starts, cancelled: true };
  }
}

/** One exploration: the starts and minima it has so far. */
class Explorer {
  readonly starts: Point[] = [];
  minima: Minimum[] = [];
  /** Where the next starts come from, best first. */
  candidates: readonly Point[] = [];
  /** Minima whose images were tried. */
  readonly #imaged = new Set<Point>();
  readonly #objective: Objective;
  readonly #system: CoordinateSystem;
  readonly #options: ExploreOptions;
  readonly #work: FitWork;
  readonly #context: TaskContext;

  constructor(objective: Objective, options: ExploreOptions, work: FitWork, context: TaskContext) {
    this.#objective = objective;
    this.#system = objective.system;
    this.#options = options;
    this.#work = work;
    this.#context = context;
  }

  async run(scanned: readonly Value[] | null): Promise<void> {
    const { count, range, guess } = this.#options;
    const given = givenStart(this.#system);
    if (given !== null) await this.#goDown([await evaluate(this.#objective, given, guess, this.#context)]);
    const flow = this.#system.free.names.filter((name) => range.flow.includes(name));
    const everywhere = Math.min(count - this.starts.length, flow.length === 0 ? count : Math.ceil(count / 2));
    if (everywhere > 0) {
      await this.#startFrom(
        async (objective) => scanned ?? (await scanEverything(objective, this.#options, this.#context)),
        everywhere,
      );
    }
    if (flow.length === 0 || count === 1) return;
    await this.#followImages();
    for (let round = 1; this.starts.length < count; round++) {
      const before = this.starts.length;
      await this.#startFrom(this.#scanFlow(flow, round), Math.min(STARTS_PER_ROUND, count - before));
      await this.#followImages();
      if (this.starts.length === before) return;
    }
  }

  /** A scan of the flow with the transport coefficient of the best minimum. */
  #scanFlow(flow: readonly string[], round: number): (objective: Objective) => Promise<Value[]> {
    const { range, seed } = this.#options;
    const { values, best } = sortByCost(this.minima)[0]!.point;
    const settings = openSettings(this.#system, givenStart(this.#system) !== null).map((setting) =>
      flow.includes(setting.name) ? setting : { ...setting, value: values[setting.name] },
    );
    return (objective) => scan(objective, { settings, range, seed, stream: round }, best, this.#context);
  }

  /** Scan, try out the best of the candidates and go down from `wanted` of them. */
  async #startFrom(candidates: (objective: Objective) => Promise<readonly Value[]>, wanted: number): Promise<void> {
    const known = [...this.starts, ...this.minima.map(({ point }) => point)];
    const promising = await this.#search(async (objective) =>
      pickDistinct(this.#system, await candidates(objective), known, TRIED_PER_START * wanted),
    );
    this.candidates = promising;
    const tried = await this.#tryOut(promising);
    this.candidates = tried;
    const apart = this.#newOnes(tried, wanted);
    // Starts that already met another one still count: that many roads lead there is worth knowing.
    await this.#goDown([...apart, ...tried.filter((value) => !apart.includes(value))].slice(0, wanted));
  }

  /** Go on from images of the best minimum as long as they are better. */
  async #followImages(): Promise<void> {
    for (;;) {
      const best = sortByCost(this.minima)[0]!;
      if (this.#imaged.has(best.point)) return;
      this.#imaged.add(best.point);
      const tried = await this.#tryOut(await this.#search((objective) => this.#promisingImages(objective, best.point)));
      const from = this.#newOnes(tried, IMAGES_FOLLOWED);
      const ends = await this.#descend(from.map((point) => ({ point, origin: best.origin })));
      const found = ends.flatMap((end): Minimum[] => {
        if (end === null) return [];
        const iterations = best.iterations + end.iterations;
        return [{ ...end, iterations, origin: best.origin, starts: [], full: best.full }];
      });
      const better = sortByCost(found)[0];
      if (better !== undefined && better.point.best.cost < best.point.best.cost) {
        found[found.indexOf(better)] = { ...better, starts: best.starts };
        this.minima[this.minima.indexOf(best)] = { ...best, starts: [] };
      }
      this.minima.push(...found);
      throwIfStopped(ends);
      this.minima = merge(this.#objective, this.minima);
    }
  }

  /** The best images of a minimum that are apart from it and each other, and the plain reversal. */
  async #promisingImages(objective: Objective, point: Point): Promise<Point[]> {
    const thetas = flowImages(this.#system, point.values, this.#options.phi);
    const images = await mapBounded(thetas, SWEEPS_AT_ONCE, (theta) =>
      evaluate(objective, theta, point.best, this.#context),
    );
    const [reversal] = images;
    images.sort((a, b) => a.best.cost - b.best.cost);
    const promising = pickDistinct(this.#system, images, [point], IMAGES_TRIED);
    if (reversal !== undefined && !promising.includes(reversal)) promising.push(reversal);
    return promising;
  }

  async #search(run: (objective: Objective) => Promise<readonly Point[]>): Promise<readonly Point[]> {
    const [points] = await this.#work.points([{ objective: this.#objective, run }]);
    return points!;
  }

  /** Candidates after a few steps, best first: a cost as scanned says more about luck than about the basin. */
  async #tryOut(candidates: readonly Point[]): Promise<Point[]> {
    const options = { ...ROUGHLY, maxIterations: TRIAL_STEPS, record: () => {} };
    const tried = await this.#work.points(
      candidates.map((from) => ({
        objective: this.#objective,
        run: async (objective) => {
          const end = await descend(objective, from, options, this.#context);
          if (end === null || end.status === 'cancelled') throw new Cancelled('stopped on request');
          return [end.point];
        },
      })),
    );
    return tried.flat().sort((a, b) => a.best.cost - b.best.cost);
  }

  /** The best of the points tried that are not on their way to a known minimum: apart from it, or already lower. */
  #newOnes(tried: readonly Point[], wanted: number): Point[] {
    const isNew = (value: Point): boolean =>
      this.minima.every(({ point }) => {
        const lower = point.best.cost - value.best.cost > variancePerPoint(this.#objective, point);
        return lower || areApart(this.#system, point, value);
      });
    return pickDistinct(this.#system, tried.filter(isNew), [], wanted);
  }

  async #goDown(from: readonly Point[]): Promise<void> {
    const first = this.starts.length;
    this.starts.push(...from);
    const ends = await this.#descend(from.map((point, k) => ({ point, origin: first + k })));
    for (const [k, end] of ends.entries()) {
      const start = first + k;
      if (end !== null) this.minima.push({ ...end, origin: start, starts: [start], full: this.#objective.level.full });
    }
    throwIfStopped(ends);
    this.minima = merge(this.#objective, this.minima);
  }

  #descend(from: readonly { readonly point: Point; readonly origin: number }[]): Promise<(Refined | null)[]> {
    const objective = this.#objective;
    return this.#work.descents(from.map(({ point, origin }) => ({ objective, origin, rule: ROUGHLY, from: point })));
  }
}

function throwIfStopped(ends: readonly (Refined | null)[]): void {
  if (ends.some((end) => end === null || end.status === 'cancelled')) throw new Cancelled('stopped on request');
}
