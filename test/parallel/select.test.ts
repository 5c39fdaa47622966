/** Which backend a run gets, and what is said when the program falls back. */
import { describe, expect, it } from 'vitest';
import type { ParallelConfig } from '../../src/config/config.ts';
import { explainOthers, fallbackWarning, findAllocation, selectBackend } from '../../src/parallel/index.ts';

const parallel: ParallelConfig = { backend: 'auto', workers: 'auto', fallback: 'warn', chunks: true, memory: 2e9 };

describe('the choice of a backend', () => {
  it.each([
    [{}, 2, 'local', 2],
    [{}, 1, 'sequential', 1],
    [{ workers: 7 }, 2, 'local', 7],
    [{ workers: 1 }, 8, 'sequential', 1],
    [{ backend: 'sequential', workers: 4 }, 8, 'sequential', 1],
    [{ backend: 'local' }, 4, 'local', 4],
    [{ backend: 'multiprocessing' }, 4, 'local', 4],
    [{ backend: 'pjit' }, 4, 'sequential', 1],
    // Workers of other machines are not threads of this one.
    [{ backend: 'ray', workers: 1000 }, 2, 'local', 128],
  ] as const)('%j on %i cores is %s with %i', (changes, cores, name, workers) => {
    const choice = selectBackend({ ...parallel, ...changes }, { cores, environment: {} });
    expect(choice).toMatchObject({ name, workers });
    expect(choice.why).not.toBe('');
  });

  it('is refused with more threads than the machine can hold', () => {
    expect(() => selectBackend({ ...parallel, workers: 129 }, { cores: 2, environment: {} })).toThrow(
      '129 worker threads are too many for 2 cores',
    );
  });

  const slurm = { SLURM_JOB_ID: '4711', SLURM_CPUS_ON_NODE: '16' };
  const pbs = { PBS_JOBID: '0[5].pbs1', NCPUS: '8' };
  it.each([
    ['the cores of a Slurm job', {}, slurm, 'local', 16, 'Slurm job 4711 has 16 cores (SLURM_CPUS_ON_NODE)'],
    [
      'those of one task of it where they are counted',
      {},
      { ...slurm, SLURM_CPUS_PER_TASK: '4' },
      'local',
      4,
      'Slurm job 4711 has 4 cores (SLURM_CPUS_PER_TASK)',
    ],
    ['the cores of a PBS job', {}, pbs, 'local', 8, 'PBS job 0[5].pbs1 has 8 cores (NCPUS)'],
    ['one core of a job', {}, { ...pbs, NCPUS: '1' }, 'sequential', 1, 'PBS job 0[5].pbs1 has one core (NCPUS)'],
    [
      'no more than the system grants',
      {},
      { ...slurm, SLURM_CPUS_ON_NODE: '128' },
      'local',
      32,
      '32 of 64 cores may be used, although Slurm job 4711 has 128 cores (SLURM_CPUS_ON_NODE)',
    ],
    [
      'what the system grants where the job does not say',
      {},
      { SLURM_JOB_ID: '4711', SLURM_CPUS_ON_NODE: 'many' },
      'local',
      32,
      '32 of 64 cores may be used; Slurm job 4711 does not say in SLURM_CPUS_PER_TASK or SLURM_CPUS_ON_NODE',
    ],
    ['what the system grants outside a job', {}, { NCPUS: '8' }, 'local', 32, '32 of 64 cores may be used'],
    [
      'what the configuration says, whatever the job has',
      { workers: 20 },
      slurm,
      'local',
      20,
      'parallel.workers is 20, although Slurm job 4711 has 16 cores (SLURM_CPUS_ON_NODE)',
    ],
    ['one thread where the configuration says so', { workers: 1 }, slurm, 'sequential', 1, 'parallel.workers is 1'],
  ] as const)('takes %s', (_, changes, environment, name, workers, why) => {
    const machine = { cores: 32, total: 64, environment };
    expect(selectBackend({ ...parallel, ...changes }, machine)).toEqual({ name, workers, why });
  });

  it('sees no job where the variables are empty', () => {
    expect(findAllocation({ SLURM_JOB_ID: '', PBS_JOBID: '' })).toBeNull();
  });

  it('is explained, and every other backend as well', () => {
    const machine = { cores: 32, environment: slurm };
    const others = explainOthers(selectBackend(parallel, machine), machine);
    expect([...others.keys()]).toEqual(['sequential', 'slurm', 'pbs']);
    expect(others.get('slurm')).toBe(
      'used with parallel.backend: slurm; the cores that Slurm job 4711 has here are used through local',
    );
    expect(others.get('pbs')).toBe('used with parallel.backend: pbs; no PBS job around this process');
    const small = { cores: 1, environment: {} };
    expect(explainOthers(selectBackend(parallel, small), small).get('local')).toBe(
      'threads gain nothing: one core is available',
    );
  });

  it('warns of a fallback, or refuses when told to', () => {
    expect(fallbackWarning(parallel, 'too small')).toEqual({
      code: 'parallel-fallback',
      text: 'sweeps run in one thread: too small',
    });
    expect(() => fallbackWarning({ ...parallel, fallback: 'error' }, 'too small')).toThrow(
      /too small.*fallback is error/,
    );
  });
});
