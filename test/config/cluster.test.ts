/** `parallel.cluster`: values of a site are single words, and nothing else gets in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLUSTER, toYaml } from '../../src/config/index.ts';
import { configOf, problemsOf } from './read.ts';

const read = (text: string) =>
  configOf(`model: static\nparallel: { backend: slurm, cluster: ${text} }`).parallel.cluster;

describe('the section of a cluster', () => {
  it('has a default for everything', () => {
    expect(configOf('model: static').parallel.cluster).toEqual(DEFAULT_CLUSTER);
    expect(toYaml(configOf('model: static'))).not.toContain('cluster');
  });

  it('is read into base units', () => {
    expect(
      read(
        '{ account: m1234, partition: debug, time: 90 min, memory: 8 GB, cores: 64, modules: [a/1.2, b], options: [--constraint=cpu, -l place=scatter] }',
      ),
    ).toMatchObject({
      account: 'm1234',
      time: 5400,
      memory: 8e9,
      cores: 64,
      modules: ['a/1.2', 'b'],
      options: ['--constraint=cpu', '-l place=scatter'],
    });
    expect(read('{ account: 4711 }')?.account).toBe('4711');
  });

  it.each(['account', 'partition', 'qos'])('refuses as %s what is more than a word', (key) => {
    for (const value of [
      'a b',
      'a;b',
      "a'b",
      'a"b',
      '$(id)',
      '`id`',
      'a\nb',
      'a\n',
      '-A',
      '',
      'a|b',
      '*',
      'a\\b',
      'ä',
      'x'.repeat(300),
    ]) {
      const problems = problemsOf(`model: static\nparallel: { cluster: { ${key}: ${JSON.stringify(value)} } }`);
      expect(problems, JSON.stringify(value)).toHaveLength(1);
      expect(problems[0]).toContain(`parallel.cluster.${key}`);
    }
  });

  it('refuses options that are none, or that the program sets itself', () => {
    for (const value of [
      '--a b',
      '--a=b c',
      '--a=$(id)',
      '-l a b',
      '--',
      'x',
      '--a=\n',
      '--wrap=id',
      '--output=/tmp/x',
      '-o /x',
      '--array=0-3',
      '-J 0-3',
      '-V',
    ]) {
      const problems = problemsOf(`model: static\nparallel: { cluster: { options: [${JSON.stringify(value)}] } }`);
      expect(problems, value).toHaveLength(1);
    }
  });

  it('lets nothing through that a shell could see as more than a word', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...`ab_9-./:@+ '"$(){};&|<>*?!#~=,%\\\n\t\``.split('')) }),
        (text) => {
          const setting = `parallel.cluster.account=${JSON.stringify(text)}`;
          let account: string | null | undefined;
          try {
            account = configOf('model: static', [setting]).parallel.cluster?.account;
          } catch {
            return;
          }
          expect(account ?? 'none').toMatch(/^[\w.:@+/-]+$/);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });
});
