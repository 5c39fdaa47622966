/** Frames over a socket, each under the seal of the run; whoever writes waits while the other side does not read. */
import type { Duplex } from 'node:stream';
import { decodeFrame, encodeFrame, FRAME_START, frameLength, type Frame } from '../../host/frame.ts';

export const SECRET_BYTES = 32;

/** The socket carries something that is no frame of this run. */
export class BadFrames extends Error {
  override readonly name = 'BadFrames';
}

export class FrameSocket {
  readonly #socket: Duplex;
  readonly #secret: Uint8Array;
  #drained: Promise<void> | null = null;

  constructor(socket: Duplex, secret: Uint8Array) {
    this.#socket = socket;
    this.#secret = secret;
  }

  get secret(): Uint8Array {
    return this.#secret;
  }

  /** Resolves when more may be written, also when nobody will ever read it. */
  send(header: Frame['header'], body?: Uint8Array): Promise<void> {
    return this.forward(encodeFrame(header, body, this.#secret));
  }

  /** Write a whole frame as it is. */
  forward(frame: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableEnded) return Promise.resolve();
    if (this.#socket.write(frame)) return Promise.resolve();
    this.#drained ??= new Promise<void>((resolve) => {
      const free = (): void => {
        this.#socket.off('drain', free).off('close', free);
        this.#drained = null;
        resolve();
      };
      this.#socket.on('drain', free).on('close', free);
    });
    return this.#drained;
  }

  end(): void {
    this.#socket.end();
  }

  /** Every frame until the other side ends; throws `BadFrames`. `rest` are bytes that were read before. */
  async *frames(rest: Uint8Array = new Uint8Array(0)): AsyncGenerator<Frame, void, undefined> {
    const input = new Input(this.#socket, rest);
    for (;;) {
      const start = await input.take(FRAME_START, 0);
      if (start === null) {
        if (input.rest().length > 0) throw new BadFrames('a message was cut off');
        return;
      }
      const length = frameLength(start);
      if (length === null) throw new BadFrames('what came is no message');
      const whole = await input.take(length - FRAME_START, FRAME_START);
      if (whole === null) throw new BadFrames('a message was cut off');
      whole.set(start);
      const frame = decodeFrame(whole, this.#secret);
      if (frame === null) throw new BadFrames('a message does not bear the seal of this run');
      yield frame;
    }
  }
}

/** The first bytes of a socket, and what came with them. Null when it ended before. */
export async function readSecret(socket: Duplex): Promise<{ secret: Uint8Array; rest: Uint8Array } | null> {
  const input = new Input(socket, new Uint8Array(0));
  const secret = await input.take(SECRET_BYTES, 0);
  return secret === null ? null : { secret, rest: input.rest() };
}

/** Takes so many bytes at a time from a stream. */
class Input {
  readonly #chunks: Uint8Array[] = [];
  readonly #socket: Duplex;
  #length: number;

  constructor(socket: Duplex, first: Uint8Array) {
    this.#socket = socket;
    this.#chunks.push(first);
    this.#length = first.length;
  }

  /** `bytes` of them behind `room` zeros; null when the stream ends before. */
  async take(bytes: number, room: number): Promise<Uint8Array | null> {
    while (this.#length < bytes) {
      const chunk = (this.#socket.read() as Buffer | null) ?? (await this.#wait());
      if (chunk === null) return null;
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
    const taken = new Uint8Array(room + bytes);
    for (let at = room; at < taken.length;) {
      const chunk = this.#chunks.shift()!;
      const part = chunk.subarray(0, taken.length - at);
      taken.set(part, at);
      at += part.length;
      if (part.length < chunk.length) this.#chunks.unshift(chunk.subarray(part.length));
    }
    this.#length -= bytes;
    return taken;
  }

  rest(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  /** The next chunk when there is one; null when there will be none. */
  async #wait(): Promise<Buffer | null> {
    for (;;) {
      if (this.#socket.readableEnded || this.#socket.destroyed) return null;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          for (const event of ['readable', 'end', 'close', 'error']) this.#socket.off(event, wake);
          resolve();
        };
        for (const event of ['readable', 'end', 'close', 'error']) this.#socket.on(event, wake);
      });
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
    }
  }
}
