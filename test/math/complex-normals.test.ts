/** Circular complex normal numbers: the formula they follow, and what each block of words gives. */
import { expect, it } from 'vitest';
import { fillComplexNormals, fillWords, philox4x32 } from '../../src/math/index.ts';

const key = { low: 77, high: 5 };

function draw(blocks: number, start: number): Float64Array {
  const out = new Float64Array(4 * blocks);
  fillComplexNormals(key, out, new Uint32Array(4 * blocks), start);
  return out;
}

it('are Box and Muller of the words of the key', () => {
  const words = new Uint32Array(4000);
  fillWords(key, words, 9);
  expect(Array.from(words.slice(4, 8))).toEqual(philox4x32([10, 0, 0, 0], key));
  const numbers = draw(1000, 9);
  for (let block = 0; block < 1000; block++) {
    for (const n of [0, 1]) {
      const [w, turn] = [words[4 * block + 2 * n]!, words[4 * block + 2 * n + 1]!];
      const radius = Math.sqrt(-Math.log((w + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * turn) / 2 ** 32;
      expect(Math.abs(numbers[4 * block + n]! - radius * Math.cos(angle))).toBeLessThan(1e-13);
      expect(Math.abs(numbers[4 * block + n + 2]! - radius * Math.sin(angle))).toBeLessThan(1e-13);
    }
  }
});

it('do not depend on where a stretch begins', () => {
  expect(draw(3, 12)).toEqual(draw(10, 5).slice(28, 40));
});

it('have |z|² = 1 and z² = 0 in the mean', () => {
  const blocks = 50_000;
  const numbers = draw(blocks, 0);
  let [square, realPart, imaginaryPart, fourth] = [0, 0, 0, 0];
  for (let k = 0; k < blocks; k++) {
    for (const n of [0, 1]) {
      const [re, im] = [numbers[4 * k + n]!, numbers[4 * k + n + 2]!];
      square += (re * re + im * im) / (2 * blocks);
      fourth += (re * re + im * im) ** 2 / (2 * blocks);
      realPart += (re * re - im * im) / (2 * blocks);
      imaginaryPart += (2 * re * im) / (2 * blocks);
    }
  }
  // Standard errors of 100,000 numbers: 0.0032, 0.014, 0.0032 (twice over √2 is less).
  expect(Math.abs(square - 1)).toBeLessThan(0.014);
  expect(Math.abs(fourth - 2)).toBeLessThan(0.06);
  expect(Math.abs(realPart)).toBeLessThan(0.014);
  expect(Math.abs(imaginaryPart)).toBeLessThan(0.014);
});
