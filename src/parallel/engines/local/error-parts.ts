/** Take an error apart to cross a thread, and put it together again on the other side with its class and advice. */
import {
  Cancelled,
  ConfigRefused,
  Defect,
  InputRefused,
  isTwotimeError,
  OutputFailed,
  OutputRefused,
  UsageRefused,
  type ErrorLocation,
} from '../../../base/errors.ts';
import type { ErrorParts } from './messages.ts';

const CLASSES = { UsageRefused, ConfigRefused, InputRefused, OutputRefused, OutputFailed, Cancelled, Defect } as const;
/** Causes of causes that travel. */
const DEPTH = 4;

export function errorParts(error: unknown, depth: number = DEPTH): ErrorParts {
  const known = error instanceof Error ? error : new Error(String(error));
  const tagged = isTwotimeError(known) ? known : null;
  return {
    name: known.name,
    message: known.message,
    stack: error === known ? known.stack : undefined,
    tag: tagged?.tag,
    where: tagged?.where,
    help: tagged?.help,
    code: 'code' in known && typeof known.code === 'string' ? known.code : undefined,
    cause: known.cause === undefined || depth === 0 ? undefined : errorParts(known.cause, depth - 1),
  };
}

/** The error as it was thrown in the other thread, with that thread's stack. */
export function errorFromParts(parts: ErrorParts): Error {
  const error = rebuild(parts);
  if (parts.stack !== undefined) error.stack = parts.stack;
  if (parts.code !== undefined) Object.assign(error, { code: parts.code });
  return error;
}

function rebuild({ name, message, tag, where, help, cause }: ErrorParts): Error {
  const origin = cause === undefined ? {} : { cause: errorFromParts(cause) };
  if (tag !== undefined && tag in CLASSES) {
    const details = {
      ...(where === undefined ? {} : { where: where as ErrorLocation }),
      ...(help === undefined ? {} : { help }),
      ...origin,
    };
    return new CLASSES[tag as keyof typeof CLASSES](message, details);
  }
  const error = new Error(message, origin);
  error.name = name;
  return error;
}
