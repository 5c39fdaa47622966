/** `parallel.ray`: an address or a word, and one program; nothing else gets in. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_RAY, toYaml } from '../../src/config/index.ts';
import { configOf, problemsOf } from './read.ts';

const read = (text: string) => configOf(`model: static\nparallel: { backend: ray, ray: ${text} }`).parallel.ray;

describe('the section of Ray', () => {
  it('has a default for everything', () => {
    expect(configOf('model: static').parallel.ray).toEqual(DEFAULT_RAY);
    expect(toYaml(configOf('model: static'))).not.toContain('ray:');
  });

  it.each(['auto', 'local', '10.0.0.4:6379', 'head.cluster-2:6379', '[::1]:6379'])(
    'takes the address %s',
    (address) => {
      expect(read(`{ address: "${address}" }`)?.address).toBe(address);
    },
  );

  it.each(['head', ':6379', 'a b:1', 'ray://head:10001', 'head:6379;id', '$(id):1', 'head:6379\n', '-x:1', ''])(
    'refuses %j as an address',
    (address) => {
      const text = `model: static\nparallel: { ray: { address: ${JSON.stringify(address)} } }`;
      expect(problemsOf(text).join('\n')).toContain(
        'is not the address of a Ray cluster; write auto, local or host:port',
      );
    },
  );

  it('takes a program by name or path, and no options', () => {
    expect(read('{ python: /opt/ray 2/bin/python3 }')?.python).toBe('/opt/ray 2/bin/python3');
    for (const python of ['', ' python3', '-c', 'python3\n', 'a\u0000b']) {
      const text = `model: static\nparallel: { ray: { python: ${JSON.stringify(python)} } }`;
      expect(problemsOf(text), python).toHaveLength(1);
    }
  });
});
