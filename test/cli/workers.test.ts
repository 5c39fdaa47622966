/** A fit gives the same bits for any number of workers, and says when it uses fewer than it could. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const model = writeText(
  folder,
  'model.yaml',
  `model: static
data: { q: 0.01 1/Angstrom }
grid: { frames: 420, dt: 100 ms, phi: [0 deg, 90 deg] }
parameters:
  D0: { value: 2000 Angstrom^2/s }
  alpha: { value: -0.5 }
  D_offset: { value: 50 Angstrom^2/s }
scaling: { contrast: 0.2, offset: 1 }
`,
);
const config = writeText(
  folder,
  'fit.yaml',
  'model: static\noutput: { figures: false, arrays: false }\nfit: { starts: 3 }\n',
);
const data = join(folder, 'data.h5');
beforeAll(() => twotime('simulate', '-c', model, '-o', data, '--noise', 'white:0.02'));

async function fit(name: string, ...more: string[]): Promise<{ digest: string; codes: string[]; code: number }> {
  const { code, out } = await twotime('fit', data, '-c', config, '-o', join(folder, name), '--json', ...more);
  if (code !== 0) return { digest: '', codes: [], code };
  const record = JSON.parse(out) as { digest: string; warnings: { code: string }[] };
  return { digest: record.digest, codes: record.warnings.map((warning) => warning.code), code };
}

describe('a fit', () => {
  it('has one digest for 1, 2, 3 and 7 workers, in threads or not, for data in memory or in a file', async () => {
    const first = await fit('one', '--workers', '1');
    expect(first.code).toBe(0);
    for (const [name, ...more] of [
      ['two', '--workers', '2'],
      ['three', '--workers', '3'],
      ['seven', '--workers', '7'],
      ['sequential', '--backend', 'sequential'],
      ['whole', '--workers', '2', '--set', 'parallel.chunks=false'],
      ['from a file', '--workers', '2', '--set', 'parallel.memory=100 kB'],
      ['from a file in one thread', '--workers', '1', '--set', 'parallel.memory=100 kB'],
    ] as const) {
      const other = await fit(name, ...more);
      expect(other.digest, name).toBe(first.digest);
      expect(other.codes, name).not.toContain('parallel-fallback');
    }
    expect(readdirSync(folder).filter((name) => name.includes('triangles'))).toEqual([]);
  });

  it('says when the data are too small for several threads, once, or refuses', async () => {
    const small = ['--workers', '2', '--set', 'data.frames=1..40'];
    const { codes, code } = await fit('small', ...small);
    expect(code).toBe(0);
    expect(codes.filter((one) => one === 'parallel-fallback')).toHaveLength(1);
    expect((await fit('refused', ...small, '--set', 'parallel.fallback=error')).code).toBe(3);
  });
});
