/** The doctor says which backend a fit would use, and why none of the others. */
import { afterEach, expect, it, vi } from 'vitest';
import { examineInstallation } from '../../src/pipeline/doctor.ts';

afterEach(() => vi.unstubAllEnvs());

it('explains the choice of a backend, outside a job and inside one', async () => {
  for (const name of ['SLURM_JOB_ID', 'PBS_JOBID']) vi.stubEnv(name, undefined);
  const outside = new Map((await examineInstallation()).map(({ subject, text }) => [subject, text]));
  expect(outside.get('machine')).toMatch(/^\d+ of \d+ cores, /);
  expect(outside.get('backend')).toMatch(/^(?:local with \d+ threads|sequential with 1 thread): /);
  expect(outside.get('slurm')).toMatch(
    /^(?:sbatch is not found; )?used with parallel.backend: slurm; no Slurm job around this process$/,
  );
  expect(outside.get('ray')).toMatch(/^(?:Ray [\d.]+ in python3|python3 has no Ray|.*python3)/);

  vi.stubEnv('PBS_JOBID', '12.pbs1');
  vi.stubEnv('NCPUS', '1');
  const inside = new Map((await examineInstallation()).map(({ subject, text }) => [subject, text]));
  expect(inside.get('backend')).toBe('sequential with 1 thread: PBS job 12.pbs1 has one core (NCPUS)');
  expect(inside.get('local')).toBe('not chosen: threads gain nothing: PBS job 12.pbs1 has one core (NCPUS)');
  expect(inside.get('pbs')).toContain('the cores that PBS job 12.pbs1 has here are used through sequential');
});
