/** `fit`, `sample` and `batch` give the same results on Ray as on this machine, also when a host dies under a batch. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { descendants } from '../support/processes.ts';
import { findRealRay } from '../support/real-ray.ts';
import { startTwotime, until } from '../support/twotime-process.ts';

const ray = process.platform === 'linux' ? await findRealRay('fits, batches and posteriors on Ray') : null;
const example = path.resolve(import.meta.dirname, '../../examples/laminar-flow');
const FILES = ['a', 'b', 'c', 'd', 'e', 'f'];
let folder: string;
const place = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'twotime-ray-runs-'));
  for (const name of FILES) cpSync(path.join(example, 'laminar-flow.h5'), place(`${name}.h5`));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Arguments of a command on Ray, or here. */
function argumentsOf(command: string, output: string, backend: 'ray' | 'local', ...more: string[]): string[] {
  const files = command === 'batch' ? FILES.map((name) => place(`${name}.h5`)) : [place('a.h5')];
  const settings = ['output.figures=false', 'fit.starts=2', 'parallel.fallback=error', 'parallel.chunks=false'];
  if (backend === 'ray') settings.push(`parallel.ray.python=${ray!.python}`);
  const set = settings.flatMap((setting) => ['--set', setting]);
  const config = ['-c', path.join(example, 'fit.yaml')];
  return [command, ...files, ...config, '-o', place(output), '--backend', backend, ...set, ...more];
}

async function run(...args: Parameters<typeof argumentsOf>): Promise<string> {
  const { code, out } = await startTwotime(...argumentsOf(...args)).ended;
  expect(code).toBe(0);
  return out;
}

const digestOf = (file: string): string => (JSON.parse(readFileSync(place(file), 'utf8')) as { digest: string }).digest;

describe.skipIf(ray === null)('a run on Ray', () => {
  it('gives the fit of this machine to the bit', async () => {
    await run('fit', 'fit-here', 'local');
    await run('fit', 'fit-ray', 'ray');
    expect(digestOf('fit-ray/result.json')).toBe(digestOf('fit-here/result.json'));
  });

  it('gives the posterior of this machine to the bit', async () => {
    const psis = ['--set', 'sample.method=psis'];
    await run('sample', 'sample-here', 'local', ...psis);
    await run('sample', 'sample-ray', 'ray', ...psis);
    const digests = (name: string) => readFileSync(place(`${name}/result.json`), 'utf8').match(/"digest": "\w+"/g);
    expect(digests('sample-ray')).toHaveLength(2);
    expect(digests('sample-ray')).toEqual(digests('sample-here'));
  });

  it('gives the batch of this machine to the bit, although a host dies meanwhile', async () => {
    await run('batch', 'batch-here', 'local');
    const started = startTwotime(...argumentsOf('batch', 'batch-ray', 'ray'));
    const hosts = () => descendants(process.pid).filter(({ command }) => /engines\/ray\/host/.test(command));
    await until(started, () => hosts().length > 0 && finishedRuns('batch-ray') > 0);
    for (const { pid } of hosts()) process.kill(pid, 'SIGKILL');
    const { code, out } = await started.ended;
    expect(code, out).toBe(0);
    const [here, there] = ['batch-here', 'batch-ray'].map(digestsOf);
    expect(there).toEqual(here);
    expect(here).toHaveLength(FILES.length);
  });
});

interface Batch {
  readonly jobs: readonly { readonly name: string; readonly status: string }[];
}

function digestsOf(batch: string): string[] {
  const { jobs } = JSON.parse(readFileSync(place(`${batch}/batch.json`), 'utf8')) as Batch;
  return jobs.map(({ name }) => digestOf(`${batch}/${name}/result.json`));
}

/** Runs of a batch that have ended. */
function finishedRuns(batch: string): number {
  return FILES.filter((name) => {
    try {
      return digestOf(`${batch}/${name}_q0.0054/result.json`) !== '';
    } catch {
      return false;
    }
  }).length;
}
