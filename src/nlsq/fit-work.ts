/**
 * The work of a fit in numbered pieces: several at once, each finished one kept, none done twice.
 *
 * The fit asks for its pieces in an order that its problem alone decides, group by group; the pieces of a group do not
 * depend on each other. Results, numbers and trace follow that order, whatever ends first. A piece that a checkpoint holds
 * is not done again: points are taken as they are, and the end of a descent is linearised with the scaling it was
 * linearised with before, which gives the same bits. Passes over the data count as if nothing had been interrupted.
 */
import { Cancelled, InputRefused, isTwotimeError } from '../base/errors.ts';
import { mapBounded } from '../base/map-bounded.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Sweeps } from '../kernels/sweep.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import {
  CHECKPOINT_FORMAT,
  fromPlain,
  sealed,
  toPlain,
  type CheckpointPiece,
  type Checkpoints,
  type DescentPiece,
  type FitCheckpoint,
  type LevelPiece,
  type PlainPoint,
  type PointsPiece,
} from './checkpoint.ts';
import { checkIdentity } from './fit-identity.ts';
import {
  linearise,
  SWEEPS_AT_ONCE,
  type Linearisation,
  type Objective,
  type Point,
  type ScalingGuess,
} from './objective.ts';
import type { TraceEntry } from './outcome.ts';
import { fitProgress } from './progress.ts';
import type { Refined, StepRecorder } from './trust-region.ts';

/** A search that ends in points. */
export interface PointsTask {
  readonly objective: Objective;
  readonly run: (objective: Objective) => Promise<readonly Point[]>;
}

/** A descent from the start `origin`; null when stopped before its first pass. */
export interface DescentTask {
  readonly objective: Objective;
  readonly origin: number;
  readonly run: (objective: Objective, record: StepRecorder) => Promise<Refined | null>;
}

type Step = Pick<TraceEntry, 'iteration' | 'cost' | 'accepted'>;

export interface FitWorkOptions {
  /** Coarsest level first, all data last. */
  readonly objectives: readonly Objective[];
  /** Number of starts, for the progress. */
  readonly starts: number;
  /** Where to keep checkpoints of a fit with this identity, if anywhere. */
  readonly keeping: { readonly checkpoints: Checkpoints; readonly identity: FitCheckpoint['identity'] } | null;
}

export class FitWork implements Disposable {
  readonly #objectives: readonly Objective[];
  readonly #context: TaskContext;
  readonly #before: readonly number[];
  /** Passes over each level that were made before the fit was interrupted, less those made to take up from there. */
  readonly #earlier: number[];
  readonly #pieces = new Map<number, CheckpointPiece>();
  readonly #descents: { readonly level: 'coarse' | 'full'; readonly start: number; readonly steps: Step[] }[] = [];
  readonly #saver: CheckpointSaver | null;
  readonly #advance: () => void;
  #next = 0;
  #stopped = false;

  /** Throws `InputRefused` when the checkpoint to resume from is one of another fit. */
  constructor({ objectives, starts, keeping }: FitWorkOptions, context: TaskContext) {
    this.#objectives = objectives;
    this.#context = context;
    this.#before = objectives.map(({ level }) => level.sweeps.count);
    this.#earlier = objectives.map(() => 0);
    this.#advance = fitProgress(objectives, starts, (k) => this.#passes(k), context);
    const resumeFrom = keeping?.checkpoints.resumeFrom;
    if (resumeFrom !== undefined) {
      checkIdentity(resumeFrom, keeping!.identity);
      for (const piece of resumeFrom.pieces) this.#pieces.set(piece.number, piece);
    }
    this.#saver =
      keeping === null ? null : new CheckpointSaver(() => keeping.checkpoints.save(this.#checkpoint(keeping.identity)));
  }

  /** Every step of every descent so far, in the order of the descents. */
  get trace(): TraceEntry[] {
    return this.#descents.flatMap(({ level, start, steps }) => steps.map((step) => ({ level, start, ...step })));
  }

  /** Passes over all data so far. */
  get fullSweeps(): number {
    return this.#passes(this.#objectives.length - 1);
  }

  /** Saves the last checkpoint. */
  [Symbol.dispose](): void {
    this.#saver?.[Symbol.dispose]();
  }

  /** Choose the level to begin on; `again` makes the choice from its index when it was made before. */
  async level<T extends { readonly index: number }>(choose: () => Promise<T>, again: (index: number) => T): Promise<T> {
    const number = this.#begin(1);
    const done = this.#pieces.get(number);
    if (done !== undefined) {
      if (done.kind !== 'level' || done.level >= this.#objectives.length) throw misplaced(number);
      return again(done.level);
    }
    const chosen = await this.#untilStopped(choose);
    this.#keep(sealed<LevelPiece>({ kind: 'level', number, level: chosen.index, sweeps: 0 }));
    return chosen;
  }

  /** Points found by each of some searches. Throws `Cancelled` when stopped. */
  async points(tasks: readonly PointsTask[]): Promise<(readonly Point[])[]> {
    const first = this.#begin(tasks.length);
    return mapBounded(tasks, SWEEPS_AT_ONCE, async ({ objective, run }, k) => {
      const level = this.#objectives.indexOf(objective);
      const done = this.#take('points', first + k, level);
      if (done !== null) {
        this.#count(level, done.sweeps);
        return done.points.map((plain) => pointFrom(plain, objective, first + k));
      }
      const counted = countSweeps(objective);
      const points = await this.#untilStopped(() => run(counted.objective));
      const found = points.map((point) => plainPoint(point, point.best));
      const sweeps = counted.count();
      this.#keep(sealed<PointsPiece>({ kind: 'points', number: first + k, level, sweeps, points: found }));
      return points;
    });
  }

  /** Where each of some descents ends; null or with status `cancelled` when stopped. */
  async descents(tasks: readonly DescentTask[]): Promise<(Refined | null)[]> {
    const first = this.#begin(tasks.length);
    const traces = tasks.map(({ objective, origin }) => {
      const trace = { level: objective.level.full ? ('full' as const) : ('coarse' as const), start: origin, steps: [] };
      this.#descents.push(trace);
      return trace;
    });
    return mapBounded(tasks, SWEEPS_AT_ONCE, async ({ objective, run }, k) => {
      const level = this.#objectives.indexOf(objective);
      const { steps, ...of }: { steps: Step[]; level: 'coarse' | 'full'; start: number } = traces[k]!;
      const done = this.#take('descent', first + k, level);
      if (done !== null) return this.#descendedBefore(done, objective, steps);
      const counted = countSweeps(objective);
      const refined = await run(counted.objective, (step) => {
        steps.push(step);
        this.#context.progress?.({ kind: 'iteration', ...of, ...step });
        this.#advance();
      });
      if (refined === null || refined.status === 'cancelled') {
        this.#stopped = true;
        return refined;
      }
      const { status, reason, iterations, point } = refined;
      this.#keep(
        sealed<DescentPiece>({
          ...{ kind: 'descent', number: first + k, level, sweeps: counted.count(), status, reason, iterations },
          end: plainPoint(point, point.guess),
          steps: steps.map(({ iteration, cost, accepted }) => [iteration, toPlain(cost), accepted]),
        }),
      );
      return refined;
    });
  }

  /** The end of a descent of the checkpoint; null when stopped before it was linearised again. */
  async #descendedBefore(piece: DescentPiece, objective: Objective, steps: Step[]): Promise<Refined | null> {
    const { number, level, status, reason, iterations, end } = piece;
    for (const [iteration, cost, accepted] of piece.steps) steps.push({ iteration, cost: fromPlain(cost), accepted });
    const { theta, best } = pointFrom(end, objective, number);
    let point: Linearisation;
    try {
      point = await linearise(objective, theta, best, this.#context);
    } catch (error) {
      if (!isTwotimeError(error, 'Cancelled')) throw error;
      this.#stopped = true;
      return null;
    }
    if (!Object.is(point.best.cost, best.cost)) throw misplaced(number);
    this.#count(level, piece.sweeps - 1);
    return { status, reason, iterations, point };
  }

  /** Numbers for `count` pieces; the first of them. After a stop there are none. */
  #begin(count: number): number {
    if (this.#stopped) throw new Cancelled('stopped on request');
    const first = this.#next;
    this.#next += count;
    return first;
  }

  async #untilStopped<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (isTwotimeError(error, 'Cancelled')) this.#stopped = true;
      throw error;
    }
  }

  #take<K extends CheckpointPiece['kind']>(
    kind: K,
    number: number,
    level: number,
  ): Extract<CheckpointPiece, { kind: K }> | null {
    const piece = this.#pieces.get(number);
    if (piece === undefined) return null;
    if (piece.kind !== kind || piece.level !== level) throw misplaced(number);
    return piece as Extract<CheckpointPiece, { kind: K }>;
  }

  #keep(piece: CheckpointPiece): void {
    if (this.#saver === null) return;
    this.#pieces.set(piece.number, piece);
    this.#saver.changed();
  }

  #count(level: number, sweeps: number): void {
    this.#earlier[level] = this.#earlier[level]! + sweeps;
    this.#advance();
  }

  #passes(level: number): number {
    return this.#objectives[level]!.level.sweeps.count - this.#before[level]! + this.#earlier[level]!;
  }

  #checkpoint(identity: FitCheckpoint['identity']): FitCheckpoint {
    const pieces = [...this.#pieces.values()].sort((a, b) => a.number - b.number);
    return { format: CHECKPOINT_FORMAT, identity, pieces };
  }
}

function plainPoint({ theta, best }: Point, scaling: ScalingGuess): PlainPoint {
  const list = (numbers: Float64Array): PlainPoint['theta'] => Array.from(numbers, toPlain);
  return {
    theta: list(theta),
    cost: toPlain(best.cost),
    contrast: list(scaling.contrast),
    offset: list(scaling.offset),
  };
}

function pointFrom(plain: PlainPoint, { system, weight }: Objective, number: number): Point {
  const vector = (numbers: PlainPoint['theta'], length: number): Float64Array => {
    if (numbers.length !== length) throw misplaced(number);
    return Float64Array.from(numbers, fromPlain);
  };
  const theta = vector(plain.theta, system.free.names.length);
  const [contrast, offset] = [vector(plain.contrast, weight.length), vector(plain.offset, weight.length)];
  return { theta, values: system.free.values(theta), best: { cost: fromPlain(plain.cost), contrast, offset } };
}

function misplaced(number: number): InputRefused {
  return new InputRefused(`the checkpoint does not fit: the fit does not come by what is its piece ${number}`, {
    help: 'delete it and run the fit from the beginning',
  });
}

/** The same objective, and how many passes were made through it. */
function countSweeps(objective: Objective): { readonly objective: Objective; readonly count: () => number } {
  const { sweeps } = objective.level;
  let count = 0;
  const counted =
    <A extends unknown[], R>(sweep: (...asked: A) => R) =>
    (...asked: A): R => {
      count += 1;
      return sweep(...asked);
    };
  const through: Sweeps = {
    data: sweeps.data,
    get count() {
      return sweeps.count;
    },
    sums: counted((...asked) => sweeps.sums(...asked)),
    adjoint: counted((...asked) => sweeps.adjoint(...asked)),
    normal: counted((...asked) => sweeps.normal(...asked)),
    shape: (...asked) => sweeps.shape(...asked),
  };
  return { objective: { ...objective, level: { ...objective.level, sweeps: through } }, count: () => count };
}
