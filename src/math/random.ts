/**
 * Counter-based random numbers: draw n of a key is a pure function of (key, n), so order and workers do not matter.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11, doi:10.1145/2063384.2063405) with the elementary functions of
 * this folder, hence the same bits on every engine. Two streams never overlap when their keys differ.
 *
 * ```ts
 * const key = fold(keyFromSeed(7), 3);   // stream 3 of seed 7
 * const noise = normals(key, 1000);      // noise[n] === normalAt(key, n)
 * ```
 */
import { Defect } from '../base/errors.ts';
import { log } from './logarithm.ts';
import { sinCos } from './trigonometric.ts';

/** Names one stream of random numbers: 64 bits as two unsigned 32-bit words. */
export interface RandomKey {
  readonly low: number;
  readonly high: number;
}

const TWO_TO_32 = 4294967296;
const TWO_PI = 2 * Math.PI;
const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
/** The last counter word tells draws from derived keys. */
const PURPOSE_DRAW = 0;
const PURPOSE_FOLD = 1;

/** The four words of the last block. */
let word0 = 0;
let word1 = 0;
let word2 = 0;
let word3 = 0;

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const first = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const second = (Math.imul(aLow, bHigh) >>> 0) + (first & 0xffff);
  return (Math.imul(aHigh, bHigh) + (first >>> 16) + (second >>> 16)) | 0;
}

function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  word0 = c0;
  word1 = c1;
  word2 = c2;
  word3 = c3;
}

/** One block of Philox4x32-10: four unsigned words from a counter and a key. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: RandomKey,
): [number, number, number, number] {
  philox(counter[0], counter[1], counter[2], counter[3], key.low, key.high);
  return [word0 >>> 0, word1 >>> 0, word2 >>> 0, word3 >>> 0];
}

function checkIndex(index: number): void {
  if (!Number.isSafeInteger(index) || index < 0)
    throw new Defect(`a random stream is indexed by integers ≥ 0, not ${index}`);
}

/** The key of a user's seed, any integer from 0 to 2^53 − 1. */
export function keyFromSeed(seed: number): RandomKey {
  checkIndex(seed);
  return { low: seed >>> 0, high: Math.floor(seed / TWO_TO_32) };
}

/** A new key from a key and an integer, for example one per angle or chain. */
export function fold(key: RandomKey, data: number): RandomKey {
  checkIndex(data);
  philox(data >>> 0, Math.floor(data / TWO_TO_32), 0, PURPOSE_FOLD, key.low, key.high);
  return { low: word0 >>> 0, high: word1 >>> 0 };
}

/** `count` independent keys: fold(key, 0), fold(key, 1), … */
export function split(key: RandomKey, count: number): RandomKey[] {
  return Array.from({ length: count }, (_, index) => fold(key, index));
}

function drawBlock(key: RandomKey, block: number): void {
  philox(block >>> 0, Math.floor(block / TWO_TO_32), 0, PURPOSE_DRAW, key.low, key.high);
}

/** Fill `out`, four numbers a block, with the raw 32-bit words of blocks start, start + 1, … of the key. */
export function fillWords(key: RandomKey, out: Uint32Array, start: number = 0): void {
  checkIndex(start);
  for (let n = 0; n + 3 < out.length; n += 4) {
    drawBlock(key, start + n / 4);
    out[n] = word0;
    out[n + 1] = word1;
    out[n + 2] = word2;
    out[n + 3] = word3;
  }
}

/** 52 bits in the middle of their cell: never 0, never 1. */
function openUniform(first: number, second: number): number {
  return ((first >>> 6) * 67108864 + (second >>> 6) + 0.5) / 4503599627370496;
}

/** Fill `out` with uniform numbers of the open interval (0, 1); out[n] is draw start + n of the key. */
export function fillUniforms(key: RandomKey, out: Float64Array, start: number = 0): void {
  checkIndex(start);
  for (let n = 0; n < out.length; n++) {
    const index = start + n;
    const odd = index % 2 === 1;
    if (!odd || n === 0) drawBlock(key, Math.floor(index / 2));
    out[n] = odd ? openUniform(word2, word3) : openUniform(word0, word1);
  }
}

const sineAndCosine = new Float64Array(2);

/** Fill `out` with standard normal numbers (Box & Muller 1958); out[n] is draw start + n of the key. */
export function fillNormals(key: RandomKey, out: Float64Array, start: number = 0): void {
  checkIndex(start);
  let radius = 0;
  for (let n = 0; n < out.length; n++) {
    const index = start + n;
    const odd = index % 2 === 1;
    if (!odd || n === 0) {
      drawBlock(key, Math.floor(index / 2));
      radius = Math.sqrt(-2 * log(openUniform(word0, word1)));
      sinCos(TWO_PI * openUniform(word2, word3), sineAndCosine);
    }
    out[n] = radius * sineAndCosine[odd ? 0 : 1]!;
  }
}

/** `count` uniform numbers of the open interval (0, 1). */
export function uniforms(key: RandomKey, count: number): Float64Array {
  const out = new Float64Array(count);
  fillUniforms(key, out);
  return out;
}

/** `count` standard normal numbers. */
export function normals(key: RandomKey, count: number): Float64Array {
  const out = new Float64Array(count);
  fillNormals(key, out);
  return out;
}

const single = new Float64Array(1);

/** Draw n of the uniform stream. */
export function uniformAt(key: RandomKey, index: number): number {
  fillUniforms(key, single, index);
  return single[0]!;
}

/** Draw n of the standard normal stream. */
export function normalAt(key: RandomKey, index: number): number {
  fillNormals(key, single, index);
  return single[0]!;
}
