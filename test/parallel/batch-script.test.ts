/** Scripts of jobs: what a scheduler reads of them, and that no name of a file or value of a site says more than it should. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { jobScript, quote } from '../../src/parallel/engines/batch/job-script.ts';
import { pbs, slurm, type Dialect, type JobRequest } from '../../src/parallel/engines/batch/index.ts';

const site = {
  ...DEFAULT_CLUSTER,
  ...{ account: 'm1234', partition: 'debug', qos: 'regular', time: 5400, memory: 8e9, cores: 64 },
  ...{ modules: ['hdf5/1.14'], filesystems: ['home', 'eagle'], options: ['--constraint=cpu'] },
};
const request: JobRequest = { name: 'tw1-1', elements: 40, site, memoryFactor: 1, without: [], requeue: false };
const places = {
  folder: '/w',
  directory: '/d',
  job: '/w/jobs/tw1-1',
  node: '/n/node',
  program: '/p/host.ts',
  cache: null,
};
const script = (dialect: Dialect, changes: Partial<JobRequest> = {}): string =>
  jobScript(dialect, { ...request, ...changes }, places);

describe('the script of a job', () => {
  it('for Slurm', () => {
    const text = script(slurm, { without: ['n3', 'n7'] });
    expect(text.split('\n').filter((line) => line.startsWith('#SBATCH'))).toEqual(
      [
        ...['--job-name=tw1-1', '--comment=tw1-1', '--array=0-39', '--nodes=1', '--ntasks=1', '--cpus-per-task=64'],
        ...['--mem=7630M', '--time=01:30:00', '--signal=B:USR2@120', '--account=m1234', '--partition=debug'],
        ...['--qos=regular', '--exclude=n3,n7', '--no-requeue', '--open-mode=append', '--output=/dev/null'],
        '--constraint=cpu',
      ].map((line) => `#SBATCH ${line}`),
    );
    expect(text).toContain("\nmodule load 'hdf5/1.14' || exit 67\n");
    // The host is the process that the scheduler sends signals to.
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      `exec '/n/node' '/p/host.ts' '/w' "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" '5400' '120'`,
    );
  });

  it('for PBS', () => {
    const lines = script(pbs)
      .split('\n')
      .filter((line) => line.startsWith('#PBS'));
    expect(lines).toEqual(
      [
        ...['-N tw1-1', '-J 0-39', '-r y', '-l select=1:ncpus=64:mem=7630mb', '-l walltime=01:30:00'],
        ...['-l filesystems=home:eagle', '-A m1234', '-q debug', '-j oe', '-o localhost:/dev/null', '--constraint=cpu'],
      ].map((line) => `#PBS ${line}`),
    );
  });

  it('leaves the selection of PBS to the site where that has one of its own', () => {
    const text = script(pbs, { site: { ...site, options: ['-l select=1:system=polaris', '-l place=scatter'] } });
    expect(text.match(/select=\S+/g)).toEqual(['select=1:system=polaris']);
  });

  it('asks PBS for a plain job where an array of one would be illegal', () => {
    expect(script(pbs, { elements: 1 })).not.toContain('-J');
    expect(pbs.elementsOf({ name: 'a', job: '7.pbs1', elements: 1 })).toEqual(['7.pbs1']);
    expect(pbs.elementsOf({ name: 'a', job: '7[].pbs1', elements: 2 })).toEqual(['7[0].pbs1', '7[1].pbs1']);
    expect(slurm.elementsOf({ name: 'a', job: '7', elements: 2 })).toEqual(['7_0', '7_1']);
  });

  it('asks for more memory after a job ran out of it', () => {
    expect(script(slurm, { memoryFactor: 2 })).toContain('--mem=15259M');
  });

  it('is what a shell takes for a script, whatever the folders are called', () => {
    for (const name of ["/it's", '/a b', '/$(touch x)', '/`id`', '/"', '/a\\', '/*', '/;rm', '/ä', '/-n', '/%A']) {
      const text = jobScript(slurm, request, { ...places, folder: name, directory: name, job: name });
      execFileSync('bash', ['-n'], { input: text });
    }
  });
});

describe('a quoted word', () => {
  it('reaches a program as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab \'"$(){}`;&|<>*?!#~=%\\\t'.split('')) }), (word) => {
        const [told] = [execFileSync('bash', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' })];
        expect(told).toBe(word);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it('holds no line break, which would begin another line of the script', () => {
    for (const word of ['a\nb', 'a\rb', '\0', '/x\n#SBATCH --wrap=id']) expect(() => quote(word)).toThrow(/line break/);
  });
});
