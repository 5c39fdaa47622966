/** `twotime design`: the errors of a plan as text, table and JSON; plans that are refused. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const MODEL = `
model: static
data: { q: 0.0237 1/Angstrom }
grid: { frames: 100, dt: 100 ms, phi: [0 deg] }
parameters:
  D0: { value: 19230 Angstrom^2/s }
  alpha: { value: -1.063 }
  D_offset: { value: 879 Angstrom^2/s }
scaling: { contrast: 0.2, offset: 1 }
`;
const model = writeText(folder, 'model.yaml', MODEL);
const design = (...argv: string[]) => twotime('design', '-c', model, ...argv);

interface Printed {
  readonly schema: string;
  readonly designs: readonly {
    readonly variation: Record<string, string>;
    readonly noise: { readonly speckles: number; readonly sigma: number; readonly photons: number | null };
    readonly grid: { readonly frames: number };
    readonly points: number;
    readonly parameters: Record<
      string,
      { readonly uncertainty: { readonly speckle: number; readonly reason: string | null } }
    >;
  }[];
}
const json = async (...argv: string[]): Promise<Printed> =>
  JSON.parse((await design(...argv, '--json')).out) as Printed;

test('one plan is told in full: errors, independent errors beside them, weakest directions', async () => {
  const { code, out } = await design('--speckles', '1000', '--photon-noise', '0.006');
  expect(code).toBe(0);
  expect(out).toMatch(/D0 +19230 +Angstrom\^2\/s +\d[\d.]* +[\d.]+ % +[\d.]+ \([\d.]+x\)/);
  expect(out).toContain('weakest directions');
  expect(out).toContain('100 frames of 0.1 s');
});

test('photons per speckle say what photon noise says', async () => {
  const byPhotons = await json('--speckles', '900', '--photons', '5');
  const bySigma = await json('--speckles', '900', '--photon-noise', String(1 / 150));
  expect(byPhotons).toEqual(bySigma);
  expect(byPhotons.designs[0]!.noise.photons).toBeCloseTo(5, 12);
  expect(byPhotons.designs[0]!.points).toBe((99 * 98) / 2);
});

test('variations make one row each, all combinations of several', async () => {
  const argv = ['--vary', 'frames=60,120', '--vary', 'speckles=500,2000'];
  const { out } = await design(...argv);
  const rows = out.split('\n').filter((line) => /^ *(60|120) /.test(line));
  expect(rows).toHaveLength(4);
  const { schema, designs } = await json(...argv);
  expect(schema).toBe('twotime/design@1');
  expect(designs.map(({ variation }) => variation)).toEqual([
    { frames: '60', speckles: '500' },
    { frames: '60', speckles: '2000' },
    { frames: '120', speckles: '500' },
    { frames: '120', speckles: '2000' },
  ]);
  const errors = designs.map(({ parameters }) => parameters['alpha']!.uncertainty.speckle);
  expect(errors[0]! / errors[1]!).toBeCloseTo(2, 6);
  expect(errors[2]!).toBeLessThan(errors[0]!);
});

test('values, lists and any key of the configuration can be varied', async () => {
  const { designs } = await json(
    '--speckles',
    '500',
    '--vary',
    'phi=[0 deg],[0 deg, 90 deg]',
    '--vary',
    'alpha=-1,-0.8',
  );
  expect(designs.map(({ points }) => points / 4851)).toEqual([1, 1, 2, 2]);
  const fixed = await json('--speckles', '500', '--vary', 'parameters.alpha.vary=true,false');
  expect(fixed.designs[1]!.parameters['alpha']!.uncertainty.reason).toBe('fixed');
  const [free, held] = fixed.designs.map(({ parameters }) => parameters['D_offset']!.uncertainty.speckle);
  expect(held!).toBeLessThan(free!);
});

describe('refused, in one line', () => {
  const bare = writeText(folder, 'bare.yaml', MODEL.replace(/grid:.*\n/, ''));
  const open = writeText(folder, 'open.yaml', MODEL.replace('{ value: -1.063 }', '{ }'));
  const cases: [string, string[], number, RegExp][] = [
    ['no number of speckles', ['-c', model], 64, /needs the number of speckles; add --speckles M/],
    ['one that is none', ['-c', model, '--speckles', 'many'], 64, /'many' is not a number of speckles/],
    ['photons twice', ['-c', model, '--speckles', '9', '--photons', '1', '--photon-noise', '1'], 64, /in two ways/],
    ['an unknown key', ['-c', model, '--speckles', '9', '--vary', 'frame=1,2'], 64, /does not know 'frame'/],
    ['no values', ['-c', model, '--speckles', '9', '--vary', 'frames='], 64, /is not KEY=A,B,C/],
    ['a value that is none', ['-c', model, '--speckles', '9', '--vary', 'frames=100,few'], 3, /grid\.frames/],
    ['no grid', ['-c', bare, '--speckles', '9'], 3, /there is no grid to plan with; add grid:/],
    ['no expected value', ['-c', open, '--speckles', '9'], 3, /needs the value you expect of alpha/],
    ['a contrast above 1', ['-c', model, '--speckles', '9', '--set', 'scaling.contrast=2'], 3, /no contrast of 2/],
    ['too few frames', ['-c', model, '--speckles', '9', '--set', 'grid.frames=3'], 3, /1 points for 5 unknowns/],
    ['a missing file', ['-c', join(folder, 'none.yaml'), '--speckles', '9'], 3, /there is no such file/],
  ];
  test.each(cases)('%s', async (_, argv, code, message) => {
    const result = await twotime('design', ...argv);
    expect(result.code).toBe(code);
    expect(result.out).toBe('');
    expect(result.err.filter((line) => line.startsWith('error'))).toHaveLength(1);
    expect(result.err.join('\n')).toMatch(message);
  });
});
