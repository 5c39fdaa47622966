/** Frames over a socket: whole ones under the right seal get through, at the pace of whoever reads them. */
import { Duplex, duplexPair } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadFrames, FrameSocket, readSecret } from '../../src/parallel/engines/ray/frame-socket.ts';
import { DataAssembly, partsOf } from '../../src/parallel/engines/ray/data-parts.ts';
import { encodeFrame, type Frame } from '../../src/parallel/host/index.ts';

const secret = Uint8Array.from({ length: 32 }, (_, k) => k);

/** What is read of a stream that comes in pieces cut at these places. */
async function read(bytes: Uint8Array, cuts: readonly number[], rest?: Uint8Array): Promise<Frame[]> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((end, k) => bytes.subarray(places[k], end));
  const source = Duplex.from(pieces.filter(({ length }) => length > 0).map((piece) => Buffer.from(piece)));
  const frames: Frame[] = [];
  for await (const frame of new FrameSocket(source, secret).frames(rest)) frames.push(frame);
  return frames;
}

describe('frames over a socket', () => {
  it('come out as they went in, however the stream is cut', async () => {
    const bodies = [new Uint8Array(0), Uint8Array.of(1), Uint8Array.from({ length: 5000 }, (_, k) => k)];
    const bytes = Buffer.concat(bodies.map((body, id) => encodeFrame({ id }, body, secret)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const frames = await read(bytes, cuts);
        expect(frames.map(({ header }) => header['id'])).toEqual([0, 1, 2]);
        expect(frames.map(({ body }) => Buffer.from(body))).toEqual(bodies.map((body) => Buffer.from(body)));
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  it('are refused when a byte differs, when cut off, and under another secret', async () => {
    const frame = encodeFrame({ id: 1 }, Uint8Array.of(1, 2, 3), secret);
    for (let k = 0; k < frame.length; k++) {
      const wrong = Uint8Array.from(frame);
      wrong[k]! ^= 1;
      await expect(read(wrong, []), String(k)).rejects.toThrow(BadFrames);
      if (k > 0) await expect(read(frame.subarray(0, k), []), String(k)).rejects.toThrow(/cut off|no message/);
    }
    await expect(read(encodeFrame({ id: 1 }, undefined, new Uint8Array(32)), [])).rejects.toThrow(/seal/);
    await expect(read(encodeFrame({ id: 1 }), [])).rejects.toThrow(/seal/);
  });

  it('follow the secret on the same stream', async () => {
    const [mine, theirs] = duplexPair();
    mine.write(Buffer.concat([secret, encodeFrame({ id: 1 }, undefined, secret)]));
    const begin = (await readSecret(theirs))!;
    expect(begin.secret).toEqual(secret);
    mine.end(encodeFrame({ id: 2 }, undefined, secret));
    const ids: unknown[] = [];
    for await (const { header } of new FrameSocket(theirs, begin.secret).frames(begin.rest)) ids.push(header['id']);
    expect(ids).toEqual([1, 2]);
  });

  it('wait while nobody reads, and no longer when the other side is gone', async () => {
    const [mine, theirs] = duplexPair();
    const socket = new FrameSocket(mine, secret);
    let isSent = false;
    const sending = socket.send({ kind: 'data' }, new Uint8Array(1_000_000)).then(() => (isSent = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isSent).toBe(false);
    theirs.resume();
    await sending;
    const again = socket.send({ kind: 'data' }, new Uint8Array(1_000_000));
    theirs.pause();
    mine.destroy();
    await again;
    await socket.send({ kind: 'data' });
  });
});

describe('shared data in parts', () => {
  it('are put together in one piece, in whatever order the parts come', () => {
    const long = Float64Array.from({ length: 5_000_001 }, (_, k) => k / 3);
    const arrays = { long, none: new Uint16Array(0), bytes: Uint8Array.of(1, 2, 3), f: Float32Array.of(0.5) };
    const parts = [...partsOf('k', arrays)];
    expect(parts.length).toBeGreaterThan(3);
    const assembly = new DataAssembly(parts[0]!);
    const found = parts.toReversed().map((part) => assembly.add(part));
    expect(found.slice(0, -1).every((one) => one === null)).toBe(true);
    const { long: read, ...others } = found.at(-1)!;
    expect(others).toEqual({ none: arrays.none, bytes: arrays.bytes, f: arrays.f });
    expect(read!.every((value, k) => value === long[k]) && read!.length === long.length).toBe(true);
    expect(found.at(-1)!['long']!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(found.at(-1)!['f']!.buffer).toBe(found.at(-1)!['long']!.buffer);
  });

  it('may be nothing at all', () => {
    const [only] = [...partsOf('k', { none: new Float64Array(0) })];
    expect(new DataAssembly(only!).add(only!)).toEqual({ none: new Float64Array(0) });
  });
});
