/**
 * Tagged errors: every failure a user can meet says what happened, where, and what to do next.
 *
 * Code narrows by `error.tag` (or `isTwotimeError(error, 'InputRefused')`), never by message text.
 */

/** Where a problem sits: a file, and inside it a dataset path or a line and column. */
export interface ErrorLocation {
  readonly file?: string;
  /** Path of a dataset or group inside the file, e.g. `/exchange/C2T_all`. */
  readonly path?: string;
  /** 1-based line and column in a text file. */
  readonly line?: number;
  readonly column?: number;
  /** Parameter or configuration key, e.g. `parameters.D0.value`. */
  readonly key?: string;
}

export interface ErrorDetails {
  readonly where?: ErrorLocation;
  /** What the user can do, as an imperative sentence. */
  readonly help?: string;
  readonly cause?: unknown;
}

export type ErrorTag =
  | 'UsageRefused'
  | 'ConfigRefused'
  | 'InputRefused'
  | 'OutputRefused'
  | 'OutputFailed'
  | 'Cancelled'
  | 'Defect';

/** Base of all errors thrown on purpose by this package. */
export abstract class TwotimeError extends Error {
  abstract readonly tag: ErrorTag;
  readonly where: ErrorLocation | undefined;
  readonly help: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.where = details.where;
    this.help = details.help;
    this.name = new.target.name;
  }
}

/** The command line cannot be understood: unknown option, missing argument. */
export class UsageRefused extends TwotimeError {
  readonly tag = 'UsageRefused';
}

/** A configuration file or `--set` value is wrong. */
export class ConfigRefused extends TwotimeError {
  readonly tag = 'ConfigRefused';
}

/** A data file cannot be used as it is: missing, damaged, wrong layout, contradictory. */
export class InputRefused extends TwotimeError {
  readonly tag = 'InputRefused';
}

/** The place to write to is not acceptable: not empty, not a run directory, not writable. Nothing was written. */
export class OutputRefused extends TwotimeError {
  readonly tag = 'OutputRefused';
}

/** Writing started and failed (disk full, device error); partial files were removed. */
export class OutputFailed extends TwotimeError {
  readonly tag = 'OutputFailed';
}

/** The work was stopped by the user or a signal. */
export class Cancelled extends TwotimeError {
  readonly tag = 'Cancelled';
}

/** A condition that the code rules out did happen: a bug in this package. */
export class Defect extends TwotimeError {
  readonly tag = 'Defect';
}

/** Narrow an unknown thrown value to a tagged error, optionally of one tag. */
export function isTwotimeError(error: unknown, tag?: ErrorTag): error is TwotimeError {
  return error instanceof TwotimeError && (tag === undefined || error.tag === tag);
}

/** `file:line:col` or `file:/dataset/path`, the clickable form; empty when nothing is known. */
export function formatLocation(where: ErrorLocation | undefined): string {
  if (where === undefined) return '';
  let text = where.file ?? '';
  if (where.line !== undefined) text += `:${where.line}:${where.column ?? 1}`;
  if (where.path !== undefined) text += `${text === '' ? '' : ':'}${where.path}`;
  if (text === '' && where.key !== undefined) text = where.key;
  return text;
}

/** One error as users see it, on one line: `where: what; what to do`. */
export function formatError(error: TwotimeError): string {
  const location = formatLocation(error.where);
  const head = location === '' ? error.message : `${location}: ${error.message}`;
  return error.help === undefined ? head : `${head}; ${error.help}`;
}
