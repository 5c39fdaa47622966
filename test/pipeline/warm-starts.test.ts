/** Which job of a batch another one starts from. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/index.ts';
import { startedFrom, WarmStarts } from '../../src/pipeline/batch/warm-starts.ts';
import type { JobRecord } from '../../src/results/index.ts';

function job(file: string, q: number | null, config = ''): JobRecord {
  const facts = { angles: 2, frames: 60, size: 1, modified: 1, status: 'pending', reason: null } as const;
  return {
    name: `${file}_q${q}${config}`,
    file,
    path: `/data/${file}`,
    config,
    q,
    ...facts,
    seconds: null,
    result: null,
  };
}

const jobs = [job('A', 0.01), job('A', 0.02), job('B', 0.01), job('B', 0.02), job('B', 0.03), job('C', 0.02)];
const [a1, a2, b1, , b3, c2] = jobs as [JobRecord, JobRecord, JobRecord, JobRecord, JobRecord, JobRecord];

/** The neighbours of all jobs when these have converged. */
function neighbours(...converged: readonly JobRecord[]): Record<string, string | undefined> {
  const starts = new WarmStarts(jobs);
  for (const { name } of converged) starts.note(name, [['D0', { value: 5000 }]]);
  return Object.fromEntries(jobs.map((one) => [one.name, starts.of(one)?.from]));
}

describe('the neighbour of a job', () => {
  it('is the same q of the file before, else the q before of the same file', () => {
    expect(neighbours(...jobs)).toEqual({
      'A_q0.01': undefined,
      'A_q0.02': 'A_q0.01',
      'B_q0.01': 'A_q0.01',
      'B_q0.02': 'A_q0.02',
      'B_q0.03': 'B_q0.02',
      'C_q0.02': 'B_q0.02',
    });
  });

  it('is an earlier one where a fit failed, and none where all did', () => {
    expect(neighbours(a1, a2, b1)['C_q0.02']).toBe('A_q0.02');
    expect(neighbours(a1, b1)['B_q0.03']).toBe('B_q0.01');
    expect(neighbours(b3, c2)['B_q0.02']).toBeUndefined();
  });

  it('does not depend on the order in which jobs end', () => {
    expect(neighbours(...jobs.toReversed())).toEqual(neighbours(...jobs));
  });

  it('has the same configuration', () => {
    const starts = new WarmStarts([a1, job('A', 0.01, 'other')]);
    starts.note(a1.name, [['D0', { value: 5000 }]]);
    expect(starts.of(job('B', 0.01, 'other'))).toBeNull();
  });
});

describe('a configuration that starts from a neighbour', () => {
  it('takes the values of free parameters, few starts, and says where from', () => {
    const text = 'model: static\nparameters: { alpha: fixed 0, D_offset: { tie: D0 } }\nfit: { start: previous }';
    const { config } = readConfig(text, 'fit.yaml');
    const values = { D0: 5000, alpha: -0.5, D_offset: 5000 };
    const started = startedFrom(config!, { from: 'A_q0.01', values });
    expect(started.parameters).toMatchObject({ D0: { value: 5000 }, alpha: { value: 0 }, D_offset: { value: null } });
    expect(started.fit).toMatchObject({ start: 'own', starts: 2 });
    expect(started.origins.get('parameters.D0.value')).toBe('job A_q0.01');
    expect(started.origins.get('parameters.alpha.value')).toBe('file');
  });
});
