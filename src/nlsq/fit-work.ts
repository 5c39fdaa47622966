/**
 * The work of a fit in numbered pieces: several at once, each finished one kept, none done twice.
 *
 * The fit asks for its pieces in an order that its problem alone decides, group by group; the pieces of a group do not
 * depend on each other. Results, numbers and trace follow that order, whatever ends first. A piece that a checkpoint holds
 * is not done again: points are taken as they are, and the end of a descent is linearised with the scaling it was
 * linearised with before, which gives the same bits. Passes over the data count as if nothing had been interrupted.
 */
import { Cancelled, isTwotimeError } from '../base/errors.ts';
import { mapBounded } from '../base/map-bounded.ts';
import type { TaskContext } from '../base/task-context.ts';
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
  type OpenDescentPiece,
  type PlainPoint,
  type PointsPiece,
} from './checkpoint.ts';
import { countSweeps } from './count-sweeps.ts';
import { checkIdentity } from './fit-identity.ts';
import { linearise, SWEEPS_AT_ONCE, type Linearisation, type Objective, type Point } from './objective.ts';
import type { TraceEntry } from './outcome.ts';
import { misplaced, plainPoint, plainSteps, pointFrom, type Step } from './plain-points.ts';
import { fitProgress } from './progress.ts';
import {
  descend,
  goOn,
  refine,
  type DescentOptions,
  type DescentState,
  type Refined,
  type StoppingRule,
} from './trust-region.ts';

/** A search that ends in points. */
export interface PointsTask {
  readonly objective: Objective;
  readonly run: (objective: Objective) => Promise<readonly Point[]>;
}

/** A descent that began at the start `origin`. */
export type DescentTask = {
  readonly objective: Objective;
  readonly origin: number;
  readonly rule: StoppingRule;
} & (
  | { readonly from: Point; readonly linearised?: false }
  /** From a point that is linearised on the same level. */
  | { readonly from: Linearisation; readonly linearised: boolean }
);

/** A descent while the fit is under way. */
interface Descent {
  readonly task: DescentTask;
  readonly number: number;
  readonly level: number;
  readonly steps: Step[];
  /** Where it is, with the passes and steps it took until there; null before it began and after it ended. */
  state: (DescentState & { readonly sweeps: number; readonly steps: number }) | null;
  /** Passes made before the fit was interrupted. */
  sweepsBefore: number;
}

export interface FitWorkOptions {
  /** Coarsest level first, all data last. */
  readonly objectives: readonly Objective[];
  /** Number of starts, for the progress. */
  readonly starts: number;
  /** Passes over all data that usually follow the fit itself, for the progress. */
  readonly later: number;
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
  readonly #descents: Descent[] = [];
  readonly #saver: CheckpointSaver | null;
  /** Tells the progress; call it after every pass that is not one of a descent here. */
  readonly advance: () => void;
  #next = 0;
  #stopped = false;

  /** Throws `InputRefused` when the checkpoint to resume from is one of another fit. */
  constructor({ objectives, starts, later, keeping }: FitWorkOptions, context: TaskContext) {
    this.#objectives = objectives;
    this.#context = context;
    this.#before = objectives.map(({ level }) => level.sweeps.count);
    this.#earlier = objectives.map(() => 0);
    this.advance = fitProgress(objectives, { starts, later }, (k) => this.#passes(k), context);
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
    return this.#descents.flatMap(({ task, steps }) => {
      const of = { level: levelName(task.objective), start: task.origin };
      return steps.map((step) => ({ ...of, ...step }));
    });
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
    const descents = tasks.map((task, k): Descent => {
      const level = this.#objectives.indexOf(task.objective);
      return { task, number: first + k, level, steps: [], state: null, sweepsBefore: 0 };
    });
    this.#descents.push(...descents);
    return mapBounded(descents, SWEEPS_AT_ONCE, (descent) => this.#descend(descent));
  }

  async #descend(descent: Descent): Promise<Refined | null> {
    const { task, number, level, steps } = descent;
    const done = this.#pieces.get(number);
    if (done?.kind === 'descent' && done.level === level) return this.#endAgain(done, descent);
    if (done !== undefined && (done.kind !== 'open-descent' || done.level !== level)) throw misplaced(number);
    const counted = countSweeps(task.objective);
    const tell = levelName(task.objective);
    const options: DescentOptions = {
      ...task.rule,
      record: (step) => {
        steps.push(step);
        this.#context.progress?.({ kind: 'iteration', level: tell, start: task.origin, ...step });
        this.advance();
      },
      reached: (state) => {
        descent.state = { ...state, sweeps: descent.sweepsBefore + counted.count(), steps: steps.length };
        this.#saver?.changed();
      },
    };
    const refined = await this.#run(descent, done ?? null, counted.objective, options);
    if (refined === null || refined.status === 'cancelled') {
      this.#stopped = true;
      return refined;
    }
    const { status, reason, iterations, point } = refined;
    const sweeps = descent.sweepsBefore + counted.count();
    descent.state = null;
    this.#keep(
      sealed<DescentPiece>({
        ...{ kind: 'descent', number, level, sweeps, status, reason, iterations },
        end: plainPoint(point, point.guess),
        steps: plainSteps(steps),
      }),
    );
    return refined;
  }

  /** Begin or go on; null when stopped before the first pass. */
  async #run(
    descent: Descent,
    open: OpenDescentPiece | null,
    objective: Objective,
    options: DescentOptions,
  ): Promise<Refined | null> {
    const { task } = descent;
    if (open !== null) {
      const point = await this.#pointAgain(open.at, open, descent);
      if (point === null) return null;
      descent.sweepsBefore = open.sweeps;
      const { iteration, trustModel, withoutGain } = open;
      const [radius, lastDecrement] = [fromPlain(open.radius), fromPlain(open.lastDecrement)];
      const state = { point, iteration, radius, trustModel, lastDecrement, withoutGain };
      return goOn(objective, state, options, this.#context);
    }
    if (task.linearised === true) return refine(objective, task.from, options, this.#context);
    return descend(objective, task.from, options, this.#context);
  }

  /** The end of a descent that is over; null when stopped before it was linearised again. */
  async #endAgain(piece: DescentPiece, descent: Descent): Promise<Refined | null> {
    const { status, reason, iterations } = piece;
    const point = await this.#pointAgain(piece.end, piece, descent);
    return point === null ? null : { status, reason, iterations, point };
  }

  /** A point of a descent linearised again, its steps so far taken up; null when stopped before. */
  async #pointAgain(
    plain: PlainPoint,
    { number, level, sweeps, steps }: DescentPiece | OpenDescentPiece,
    descent: Descent,
  ): Promise<Linearisation | null> {
    const { objective } = descent.task;
    for (const [iteration, cost, accepted] of steps) descent.steps.push({ iteration, cost: fromPlain(cost), accepted });
    const { theta, best } = pointFrom(plain, objective, number);
    try {
      const point = await linearise(objective, theta, best, this.#context);
      if (!Object.is(point.best.cost, best.cost)) throw misplaced(number);
      this.#count(level, sweeps - 1);
      return point;
    } catch (error) {
      if (!isTwotimeError(error, 'Cancelled')) throw error;
      this.#stopped = true;
      return null;
    }
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
    this.advance();
  }

  #passes(level: number): number {
    return this.#objectives[level]!.level.sweeps.count - this.#before[level]! + this.#earlier[level]!;
  }

  #checkpoint(identity: FitCheckpoint['identity']): FitCheckpoint {
    const pieces = new Map(this.#pieces);
    for (const descent of this.#descents) {
      if (descent.state !== null) pieces.set(descent.number, openPiece(descent, descent.state));
    }
    const sorted = [...pieces.values()].sort((a, b) => a.number - b.number);
    return { format: CHECKPOINT_FORMAT, identity, pieces: sorted };
  }
}

function levelName({ level }: Objective): 'coarse' | 'full' {
  return level.full ? 'full' : 'coarse';
}

function openPiece({ number, level, steps }: Descent, state: NonNullable<Descent['state']>): OpenDescentPiece {
  const { point, iteration, radius, trustModel, lastDecrement, withoutGain } = state;
  return sealed<OpenDescentPiece>({
    ...{ kind: 'open-descent', number, level, sweeps: state.sweeps, at: plainPoint(point, point.guess), iteration },
    ...{ radius: toPlain(radius), trustModel, lastDecrement: toPlain(lastDecrement), withoutGain },
    steps: plainSteps(steps.slice(0, state.steps)),
  });
}
