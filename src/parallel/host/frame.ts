/**
 * A message or a file of a host: a header in JSON, a body of bytes, and a checksum over both.
 *
 * `TTF1 | u32 header length | u64 body length | header (JSON, UTF-8) | body | sha256 over all before`, little-endian. What
 * was cut short or altered is not taken for whole. Where others could write, the checksum is an HMAC with a secret of the
 * run, and what they wrote is not taken for whole either.
 */
import { createHash, createHmac, timingSafeEqual, type Hash, type Hmac } from 'node:crypto';

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

const MAGIC = 'TTF1';
/** Bytes before the header. */
export const FRAME_START = 16;
const CHECKSUM = 32;
const MOST_HEADER = 2 ** 24;

const NOTHING = new Uint8Array(0);

/** With `secret` its checksum is an HMAC. */
export function encodeFrame(header: Frame['header'], body: Uint8Array = NOTHING, secret?: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const start = Buffer.alloc(FRAME_START);
  start.write(MAGIC, 'latin1');
  start.writeUInt32LE(text.length, 4);
  start.writeBigUInt64LE(BigInt(body.length), 8);
  const checksum = hashWith(secret).update(start).update(text).update(body).digest();
  return Buffer.concat([start, text, body, checksum]);
}

/** Length of the whole frame that begins with these bytes; null when they are not the beginning of one. */
export function frameLength(start: Uint8Array): number | null {
  const view = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (view.length < FRAME_START || view.toString('latin1', 0, 4) !== MAGIC) return null;
  const header = view.readUInt32LE(4);
  const body = Number(view.readBigUInt64LE(8));
  if (header > MOST_HEADER || !Number.isSafeInteger(body)) return null;
  return FRAME_START + header + body + CHECKSUM;
}

/** The frame these bytes are; null when they are not exactly one, whole and unaltered. */
export function decodeFrame(bytes: Uint8Array, secret?: Uint8Array): Frame | null {
  if (frameLength(bytes) !== bytes.length) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = view.length - CHECKSUM;
  if (!timingSafeEqual(hashWith(secret).update(view.subarray(0, end)).digest(), view.subarray(end))) return null;
  const headerEnd = FRAME_START + view.readUInt32LE(4);
  try {
    const header = JSON.parse(view.toString('utf8', FRAME_START, headerEnd)) as Frame['header'];
    return { header, body: view.subarray(headerEnd, end) };
  } catch {
    return null;
  }
}

function hashWith(secret: Uint8Array | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
}
