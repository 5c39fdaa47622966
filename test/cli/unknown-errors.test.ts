/** Errors that cannot be had are unknown with their reason, for data and questions of every kind; there is no filler. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResultRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const NAMES = ['D0', 'alpha', 'D_offset'];

interface Asked {
  readonly frames: number;
  /** Truth and start of D0, alpha and D_offset. */
  readonly truth: readonly [number, number, number];
  readonly noise?: string;
  readonly more?: readonly string[];
}

let runs = 0;

/** A simulated file and its fit. */
async function fitted({ frames, truth, noise = 'speckle:500', more = [] }: Asked): Promise<ResultRecord> {
  const name = String(++runs);
  const [amplitude, exponent, offset] = truth;
  const parameters =
    `parameters:\n  D0: { value: ${amplitude} Angstrom^2/s }\n  alpha: { value: ${exponent} }\n` +
    `  D_offset: { value: ${offset} Angstrom^2/s }\n`;
  const model = writeText(
    folder,
    `${name}-model.yaml`,
    `model: static\ndata: { q: 0.0237 1/Angstrom }\ngrid: { frames: ${frames}, dt: 100 ms, phi: [0 deg, 30 deg] }\n` +
      `${parameters}scaling: { contrast: 0.2, offset: 1 }\n`,
  );
  const config = writeText(
    folder,
    `${name}-fit.yaml`,
    `model: static\n${parameters}fit: { starts: 1 }\noutput: { figures: false, arrays: false }\n`,
  );
  const data = join(folder, `${name}.h5`);
  const run = join(folder, name);
  expect((await twotime('simulate', '-c', model, '-o', data, '--noise', noise)).code).toBe(0);
  await twotime('fit', data, '-c', config, '-o', run, '-q', ...more);
  return JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')) as ResultRecord;
}

/** Every number that may have an error. */
function uncertainties({ parameters, scaling }: ResultRecord) {
  const angles = scaling.angles.flatMap(({ contrast, offset }) => [contrast.uncertainty, offset.uncertainty]);
  return [...Object.values(parameters).map(({ uncertainty }) => uncertainty), ...angles];
}

/** No error without a number or a reason, and no number that is none. */
function expectNoFiller(record: ResultRecord): void {
  for (const { speckle, independent, dyadic, reason } of uncertainties(record)) {
    for (const error of [speckle, independent, dyadic]) {
      if (error === null) expect(reason).toMatch(/\w/);
      else expect(error > 0 && error < 1e12).toBe(true);
    }
  }
}

const codes = ({ warnings }: ResultRecord): string[] => warnings.map(({ code }) => code);

describe('the errors of', () => {
  it.each(['none', 'lag', 'speckle'])('fewer frames than show the noise, with weights: %s', async (weights) => {
    const record = await fitted({
      frames: 14,
      truth: [19230, -1.063, 879],
      more: ['--set', `fit.weights=${weights}`, '--profile', 'alpha'],
    });
    expectNoFiller(record);
    const why = 'fewer than 16 frames do not show how the noise is correlated';
    expect(record.noise).toMatchObject({ reason: why, angles: [] });
    expect(record.weights).toEqual({ asked: weights, used: 'none', reason: weights === 'none' ? null : why });
    for (const { speckle, dyadic } of uncertainties(record)) expect([speckle, dyadic]).toEqual([null, null]);
    expect(codes(record)).toContain('speckle-errors-unknown');
    expect(record.profiles!.errors).toBe('independent');
  });

  it('a constant rate, which tells no parameter', async () => {
    for (const more of [[], ['--set', 'fit.weights=speckle']]) {
      const record = await fitted({ frames: 60, truth: [3000, 0, 1000], more: [...more, '--profile', 'D0'] });
      expectNoFiller(record);
      for (const name of NAMES) {
        const { speckle, nearDegenerate, reason } = record.parameters[name]!.uncertainty;
        expect(speckle === null ? reason !== null : nearDegenerate, name).toBe(true);
      }
      expect(codes(record)).toContain('not-identifiable');
      expect(record.profiles!.parameters[0]!.nearDegenerate).toBe(true);
    }
  });

  it('a contrast of zero, under which the data do not respond to any parameter', async () => {
    const record = await fitted({
      frames: 40,
      truth: [19230, -1.063, 879],
      more: ['--set', 'scaling={ mode: fixed, contrast: 0, offset: 1 }', '--profile', 'D0'],
    });
    expectNoFiller(record);
    expect(record.status).toBe('stalled');
    for (const name of NAMES) {
      expect(record.parameters[name]!.uncertainty).toMatchObject({
        speckle: null,
        reason: 'not determined by the data',
      });
    }
    expect(record.profiles!.parameters[0]).toMatchObject({ error: null, reason: 'not determined by the data' });
  });

  it('data without noise, whose residuals are rounding', async () => {
    expectNoFiller(await fitted({ frames: 40, truth: [19230, -1.063, 879], noise: 'none' }));
  });
});
