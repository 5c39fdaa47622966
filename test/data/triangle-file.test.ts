/** A file that holds the triangles of data larger than memory may be. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Defect, InputRefused, OutputFailed, OutputRefused } from '../../src/base/errors.ts';
import { StoredTriangleFile } from '../../src/data/triangle-file.ts';
import { KernelMemory } from '../../src/kernels/memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'twotime-triangles-'));
afterAll(() => rmSync(folder, { recursive: true }));

const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, k) => k + 0.25);

describe('a file of triangles', () => {
  it('gives back what was written, into the kernel memory, at once or in the background', async () => {
    using file = StoredTriangleFile.create(folder, 1000);
    file.write(400, counting(1000).subarray(400));
    file.write(0, counting(400));
    file.seal();
    const memory = new KernelMemory();
    const now = memory.float32(300);
    const later = memory.float32(300);
    file.read(350, now);
    const reading = file.readAhead(350, later);
    // Growing the memory must not disturb a read under way.
    memory.allocate(2 ** 24);
    await reading;
    expect(now).toEqual(counting(1000).subarray(350, 650));
    expect(later).toEqual(now);
  });

  it('has no name in its folder while it is used, and none afterwards', () => {
    const file = StoredTriangleFile.create(folder, 10);
    expect(readdirSync(folder)).toEqual([]);
    file.close();
    file.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused with advice when the disk has too little room', () => {
    const tooMuch = 2 ** 50;
    expect(() => StoredTriangleFile.create(folder, tooMuch, 'raise the limit')).toThrow(OutputRefused);
    expect(() => StoredTriangleFile.create(folder, tooMuch)).toThrow(/need 4500 TB on this disk, which has .* left/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says where it cannot be made', () => {
    expect(() => StoredTriangleFile.create(join(folder, 'missing'), 10)).toThrow(OutputFailed);
  });

  it.skipIf(process.platform === 'win32')('says that the disk does not take it, and leaves nothing', () => {
    const module = new URL('../../src/data/triangle-file.ts', import.meta.url).href;
    const script = `
      const { StoredTriangleFile } = await import(${JSON.stringify(module)});
      const file = StoredTriangleFile.create(${JSON.stringify(folder)}, 1e6);
      try { file.write(0, new Float32Array(1e6)); } catch (error) { console.log(error.tag, error.message); }
    `;
    // Files of this process may have 512 kB at most.
    const command = 'ulimit -f 1024; "$0" --input-type=module -e "$1"';
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toContain(
      'OutputFailed the file cannot be written: the file system does not take a file this large',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not seal before every value is there, and takes none afterwards', () => {
    using file = StoredTriangleFile.create(folder, 10);
    file.write(0, counting(9));
    expect(() => file.seal()).toThrow(Defect);
    file.write(9, counting(1));
    file.seal();
    expect(() => file.write(0, counting(1))).toThrow(Defect);
    expect(() => file.read(8, new Float32Array(3))).toThrow(Defect);
  });

  it('refuses what it cannot read again', async () => {
    using file = StoredTriangleFile.create(folder, 10);
    file.write(0, counting(5));
    expect(() => file.read(0, new Float32Array(10))).toThrow(InputRefused);
    await expect(file.readAhead(0, new Float32Array(10))).rejects.toThrow('it ends too early');
  });

  it('ends reads under way before it closes', async () => {
    const file = StoredTriangleFile.create(folder, 1_000_000);
    file.write(0, counting(1_000_000));
    const into = new Float32Array(1_000_000);
    const reading = file.readAhead(0, into);
    file.close();
    await reading;
    expect(into[999_999]).toBe(999_999.25);
    expect(() => file.read(0, into)).toThrow(Defect);
  });
});
