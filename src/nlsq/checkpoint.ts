/**
 * A checkpoint of a fit: every piece of work that is done, as plain data that JSON keeps to the bit.
 *
 * A fit is a fixed sequence of pieces: scans and trials that end in points, descents that end in a minimum. A resumed fit
 * goes the same way, takes finished pieces from the checkpoint instead of doing them, and goes on with the descents that
 * were under way; what follows from a point in one pass over the data is computed again. The outcome is that of a fit that
 * was never stopped.
 */
import { checksum } from '../base/checksum.ts';
import { InputRefused, type ErrorLocation } from '../base/errors.ts';
import type { FitStatus } from './outcome.ts';

/** A float64 as JSON: what JSON has no number for is a word. */
export type PlainNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/** Plain data: what JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export const CHECKPOINT_FORMAT = 'twotime-fit-checkpoint/1';

/** Plain data; JSON in any writing of it reads back as the same checkpoint. */
export interface FitCheckpoint {
  readonly format: typeof CHECKPOINT_FORMAT;
  /** What the fit was asked, of which data, by which program: a checkpoint is good for the same fit only. */
  readonly identity: { readonly [key: string]: Plain };
  /** Pieces of work by their number; numbers may be missing. */
  readonly pieces: readonly CheckpointPiece[];
}

export type CheckpointPiece = LevelPiece | PointsPiece | DescentPiece | OpenDescentPiece;

interface Piece {
  /** Place in the sequence of pieces, from 0. */
  readonly number: number;
  /** Index of the level it worked on, coarsest first. */
  readonly level: number;
  /** Passes it made over the data of that level. */
  readonly sweeps: number;
  /** Checksum of the JSON of everything else in the piece. */
  readonly check: string;
}

/** The choice of the level to begin on, which is `level`. */
export interface LevelPiece extends Piece {
  readonly kind: 'level';
}

/** Points found by a scan or by a few trial steps. */
export interface PointsPiece extends Piece {
  readonly kind: 'points';
  readonly points: readonly PlainPoint[];
}

/** A descent to a minimum. */
export interface DescentPiece extends Piece {
  readonly kind: 'descent';
  readonly status: Exclude<FitStatus, 'cancelled'>;
  readonly reason: string;
  readonly iterations: number;
  /** Where it ended: θ, the cost there, and the contrast and offset its last pass was made with. */
  readonly end: PlainPoint;
  readonly steps: PlainSteps;
}

/** A descent that is under way. */
export interface OpenDescentPiece extends Piece {
  readonly kind: 'open-descent';
  /** Where it is, as the end of one that is over. */
  readonly at: PlainPoint;
  /** The rest of `DescentState`. */
  readonly iteration: number;
  readonly radius: PlainNumber;
  readonly trustModel: boolean;
  readonly lastDecrement: PlainNumber;
  readonly withoutGain: number;
  readonly steps: PlainSteps;
}

export type PlainSteps = readonly (readonly [iteration: number, cost: PlainNumber, accepted: boolean])[];

export interface PlainPoint {
  readonly theta: readonly PlainNumber[];
  readonly cost: PlainNumber;
  readonly contrast: readonly PlainNumber[];
  readonly offset: readonly PlainNumber[];
}

/** How a fit keeps and takes up checkpoints. */
export interface Checkpoints {
  /** Hash of the data as they are fitted: triangles, q, φ, times. */
  readonly data: string;
  /** Version of the program and of whatever else decides the bits of a sweep. */
  readonly program: string;
  /** Go on from here; as `readFitCheckpoint` returned it, or as it was given to `save`. */
  readonly resumeFrom?: FitCheckpoint | undefined;
  /**
   * Takes a checkpoint that holds all of the earlier ones; must not throw. Called at most every 100 ms, and once more at
   * the end of the fit, however it ends.
   */
  readonly save: (checkpoint: FitCheckpoint) => void;
}

/** A float64 as JSON keeps it. */
export function toPlain(value: number): PlainNumber {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : (String(value) as PlainNumber);
}

/** The float64 that `toPlain` was given. */
export function fromPlain(value: PlainNumber): number {
  return Number(value);
}

/** A piece with the checksum of its content. */
export function sealed<T extends CheckpointPiece>(piece: Omit<T, 'check'>): T {
  return { ...piece, check: checksum(JSON.stringify(piece)) } as T;
}

/**
 * Check that a parsed JSON value is a checkpoint, whole and undamaged. Throws `InputRefused` with `where` otherwise.
 * Whether it is one of the fit at hand is told by `fitTwoTime`.
 */
export function readFitCheckpoint(value: unknown, where: ErrorLocation = {}): FitCheckpoint {
  const refuse = (what: string): InputRefused =>
    new InputRefused(`the checkpoint of the fit cannot be used: ${what}`, {
      where,
      help: 'delete it and run the fit from the beginning',
    });
  if (!isRecord(value) || !Array.isArray(value['pieces'])) throw refuse('it is damaged');
  if (value['format'] !== CHECKPOINT_FORMAT) {
    throw refuse(`its format is ${JSON.stringify(value['format'])}, not '${CHECKPOINT_FORMAT}'`);
  }
  if (!isRecord(value['identity'])) throw refuse('it does not say which fit it belongs to');
  let last = -1;
  for (const [k, piece] of (value['pieces'] as unknown[]).entries()) {
    if (!isPiece(piece)) throw refuse(`piece ${k + 1} is damaged`);
    if (piece.number <= last) throw refuse('its pieces are out of order');
    last = piece.number;
  }
  return value as unknown as FitCheckpoint;
}

function isPiece(value: unknown): value is CheckpointPiece {
  if (!isRecord(value)) return false;
  const { check, ...content } = value;
  if (![value['number'], value['level'], value['sweeps']].every(isCount)) return false;
  if (check !== checksum(JSON.stringify(content))) return false;
  switch (value['kind']) {
    case 'level':
      return true;
    case 'points':
      return isListOf(value['points'], isPoint);
    case 'descent':
      return (
        ['converged', 'stalled', 'max-iterations', 'failed'].includes(value['status'] as string) &&
        typeof value['reason'] === 'string' &&
        isCount(value['iterations']) &&
        isPoint(value['end']) &&
        isListOf(value['steps'], isStep)
      );
    case 'open-descent':
      return (
        isPoint(value['at']) &&
        isCount(value['iteration']) &&
        isPlainNumber(value['radius']) &&
        typeof value['trustModel'] === 'boolean' &&
        isPlainNumber(value['lastDecrement']) &&
        isCount(value['withoutGain']) &&
        isListOf(value['steps'], isStep)
      );
    default:
      return false;
  }
}

function isPoint(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const vectors = [value['theta'], value['contrast'], value['offset']];
  return isPlainNumber(value['cost']) && vectors.every((vector) => isListOf(vector, isPlainNumber));
}

function isStep(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  return isCount(value[0]) && isPlainNumber(value[1]) && typeof value[2] === 'boolean';
}

function isPlainNumber(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return ['NaN', 'Infinity', '-Infinity', '-0'].includes(value as string);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
