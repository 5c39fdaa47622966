/** Attempts and their outcomes on the way between processes, as frames; values as structured clones, errors in parts. */
import { deserialize, serialize } from 'node:v8';
import type { Attempt, AttemptOutcome, LossCause } from '../engine.ts';
import { errorFromParts, errorParts } from '../engines/local/error-parts.ts';
import type { ErrorParts } from '../engines/local/messages.ts';
import { decodeFrame, encodeFrame, type Frame } from './frame.ts';

/** What a host needs of an attempt; `id` is whatever its sender calls it. */
export type RemoteAttempt = Pick<Attempt, 'number' | 'module' | 'export' | 'input'> & { readonly id: string };

/** Throws the system's error when the input cannot be cloned. `also`, `secret`: as for outcomes. */
export function encodeAttempt(attempt: RemoteAttempt, also: Frame['header'] = {}, secret?: Uint8Array): Buffer {
  const { id, number, module, export: name, input } = attempt;
  return encodeFrame({ kind: 'attempt', id, number, module, export: name, ...also }, serialize(input), secret);
}

/** Null when it is not whole, or something else. */
export function decodeAttempt(bytes: Uint8Array): RemoteAttempt | null {
  const frame = decodeFrame(bytes);
  return frame === null ? null : attemptOf(frame);
}

/** The attempt a frame holds; null when it holds something else. */
export function attemptOf(frame: Frame): RemoteAttempt | null {
  if (frame.header['kind'] !== 'attempt') return null;
  const { id, number, module, export: name } = frame.header as Record<string, string> & { number: never };
  return { id: id!, number, module: module!, export: name!, input: deserialize(frame.body) };
}

/** `also`: more to stand in the header, for people and for the engine; `secret`: as for `encodeFrame`. */
export function encodeOutcome(
  id: string,
  outcome: AttemptOutcome,
  also: Frame['header'] = {},
  secret?: Uint8Array,
): Buffer {
  const header = { kind: 'outcome', id, outcome: outcome.kind, ...also };
  switch (outcome.kind) {
    case 'ok':
      return encodeFrame(header, serialize(outcome.output), secret);
    case 'failed':
      return encodeFrame({ ...header, error: outcome.error.message }, serialize(errorParts(outcome.error)), secret);
    case 'lost':
      return encodeFrame(
        { ...header, cause: outcome.cause, reason: outcome.reason, advanced: outcome.advanced === true },
        undefined,
        secret,
      );
    default:
      return encodeFrame(header, undefined, secret);
  }
}

export interface DecodedOutcome {
  readonly id: string;
  readonly outcome: AttemptOutcome;
  readonly header: Frame['header'];
}

/** Null when it is not whole, or something else. */
export function decodeOutcome(bytes: Uint8Array): DecodedOutcome | null {
  const frame = decodeFrame(bytes);
  return frame === null ? null : outcomeIn(frame);
}

/** The outcome a frame holds; null when it holds something else. */
export function outcomeIn(frame: Frame): DecodedOutcome | null {
  if (frame.header['kind'] !== 'outcome') return null;
  const { header, body } = frame;
  const outcome = outcomeOf(header, body);
  return outcome === null ? null : { id: String(header['id']), outcome, header };
}

function outcomeOf(header: Frame['header'], body: Uint8Array): AttemptOutcome | null {
  switch (header['outcome']) {
    case 'ok':
      return { kind: 'ok', output: deserialize(body) };
    case 'failed':
      return { kind: 'failed', error: errorFromParts(deserialize(body) as ErrorParts) };
    case 'lost':
      return {
        kind: 'lost',
        cause: header['cause'] as LossCause,
        reason: String(header['reason']),
        ...(header['advanced'] === true ? { advanced: true } : {}),
      };
    case 'cancelled':
      return { kind: 'cancelled' };
    default:
      return null;
  }
}
