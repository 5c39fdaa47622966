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

export function errorParts(error: unknown): ErrorParts {
  if (!(error instanceof Error)) {
    return {
      name: 'Error',
      message: String(error),
      stack: undefined,
      tag: undefined,
      where: undefined,
      help: undefined,
    };
  }
  const tagged = isTwotimeError(error) ? error : null;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    tag: tagged?.tag,
    where: tagged?.where,
    help: tagged?.help,
  };
}

/** The error as it was thrown in the other thread, with that thread's stack. */
export function errorFromParts(parts: ErrorParts): Error {
  const error = rebuild(parts);
  if (parts.stack !== undefined) error.stack = parts.stack;
  return error;
}

function rebuild({ name, message, tag, where, help }: ErrorParts): Error {
  if (tag !== undefined && tag in CLASSES) {
    const details = {
      ...(where === undefined ? {} : { where: where as ErrorLocation }),
      ...(help === undefined ? {} : { help }),
    };
    return new CLASSES[tag as keyof typeof CLASSES](message, details);
  }
  const error = new Error(message);
  error.name = name;
  return error;
}
