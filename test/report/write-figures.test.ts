import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putFigures, svgToPng } from '../../src/report/index.ts';
import type { FigureFiles, FigureFilesInput } from '../../src/report/index.ts';
import { BackgroundWriter } from '../../src/data/index.ts';
import { pixelAt, readPng } from '../support/read-png.ts';
import { readSvg } from '../support/read-svg.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';
import { makeSyntheticPosterior } from '../support/synthetic-posterior.ts';

const fit = makeSyntheticFit({ angles: 1, frames: 40 });
const input = {
  dataset: fit.dataset,
  model: fit.model,
  outcome: fit.outcome,
  sigma: fit.noise.sigma,
  shape: fit.shape,
  version: '0.1.0',
};
const folder = mkdtempSync(join(tmpdir(), 'twotime-figures-'));
let figures: FigureFiles;

/** Draw the figures into a folder and wait until they are there. */
async function writeFigures(
  directory: string,
  signal?: AbortSignal,
  more: Pick<FigureFilesInput, 'posterior'> = {},
): Promise<FigureFiles> {
  const files = new BackgroundWriter({ atOnce: 3, bytes: 64e6 }).group(signal);
  const put = await putFigures(files, directory, { ...input, ...more });
  await files.written();
  return put;
}

beforeAll(async () => {
  figures = await writeFigures(folder, new AbortController().signal);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string): Buffer => readFileSync(join(folder, 'plots', name));

/** Share of pixels that are not white. */
function ink(bytes: Uint8Array): number {
  const { rgb } = readPng(bytes);
  let dark = 0;
  for (let k = 0; k < rgb.length; k += 3) if (rgb[k]! + rgb[k + 1]! + rgb[k + 2]! < 600) dark++;
  return (3 * dark) / rgb.length;
}

describe('figures as files', () => {
  test('are written as SVG and PNG, and listed; nothing temporary stays', () => {
    const names = ['c2-maps', 'convergence', 'lag-cuts', 'rates'].flatMap((name) => [`${name}.png`, `${name}.svg`]);
    expect(readdirSync(join(folder, 'plots')).sort()).toEqual(names);
    expect([...figures.files].sort()).toEqual(names.map((name) => `plots/${name}`));
    expect(figures.warnings).toEqual([]);
  });

  test('are those of the posterior as well where one was sampled', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'twotime-figures-'));
    try {
      const { sampled, predictive } = await makeSyntheticPosterior(fit, { draws: 50 });
      const { files } = await writeFigures(directory, undefined, {
        posterior: { sampled, predictive, likelihood: 'adjusted' },
      });
      const names = readdirSync(join(directory, 'plots')).filter((name) => name.startsWith('posterior-'));
      expect(names).toHaveLength(2 * 13);
      expect(files).toEqual(expect.arrayContaining(names.map((name) => `plots/${name}`)));
      expect(ink(readFileSync(join(directory, 'plots', 'posterior-pairs.png')))).toBeGreaterThan(0.005);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('show the same picture in both forms: PNG half as large again as the page, with white corners and ink within', () => {
    for (const name of ['lag-cuts', 'rates', 'convergence']) {
      const page = readSvg(read(`${name}.svg`).toString());
      const image = readPng(read(`${name}.png`));
      expect(Math.abs(image.width - 1.5 * page.width)).toBeLessThan(1);
      expect(Math.abs(image.height - 1.5 * page.height)).toBeLessThan(1);
      expect(pixelAt(image, 0, 0)).toBe('#ffffff');
      expect(ink(read(`${name}.png`))).toBeGreaterThan(0.01);
    }
    expect(ink(read('c2-maps.png'))).toBeGreaterThan(0.15);
  });

  test('carry the digest of the result in their footer', () => {
    expect(readSvg(read('rates.svg').toString()).texts.join(' ')).toMatch(/result [0-9a-f]{12} · status converged/);
  });

  test('have the same bytes in every run', async () => {
    const again = mkdtempSync(join(tmpdir(), 'twotime-figures-'));
    try {
      await writeFigures(again);
      const names = readdirSync(join(again, 'plots'));
      const different = names.filter((name) => !readFileSync(join(again, 'plots', name)).equals(read(name)));
      expect(names).toHaveLength(8);
      expect(different).toEqual([]);
    } finally {
      rmSync(again, { recursive: true });
    }
  });

  test('that cannot be written say which file, after everything else has come to rest', async () => {
    const blocked = join(folder, 'blocked');
    mkdirSync(blocked);
    writeFileSync(join(blocked, 'plots'), 'a file where the folder should be');
    await expect(writeFigures(blocked)).rejects.toMatchObject({
      tag: 'OutputFailed',
      where: { file: join(blocked, 'plots', 'rates.svg') },
    });
    expect(readdirSync(blocked)).toEqual(['plots']);
  });

  test('stop on request', async () => {
    const stopped = AbortSignal.abort('SIGINT');
    await expect(writeFigures(join(folder, 'stopped'), stopped)).rejects.toMatchObject({ tag: 'Cancelled' });
  });
});

test('letters are drawn with the font of the package, symbols included', async () => {
  const page = (content: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="30" viewBox="0 0 120 30" font-family="'DejaVu Sans'"><text x="5" y="20">${content}</text></svg>`;
  const drawn = await Promise.all(['', 'φ₁χ²γ̇Å⁻¹', 'plain'].map((content) => svgToPng(page(content))));
  const [empty, symbols, plain] = drawn.map(ink);
  expect(empty).toBe(0);
  expect(symbols).toBeGreaterThan(0.02);
  expect(plain).toBeGreaterThan(0.02);
});
