/** Texts that are no YAML, or YAML that a configuration does not use. */
import { describe, expect, test } from 'vitest';
import { configOf, problemsOf } from './read.ts';

describe('what is not a configuration is refused with its place', () => {
  test.each([
    ['a tab', 'model: static\ndata:\n\tq: 0.01 1/Å', '3:1: a tab is used for indentation; indent with spaces'],
    [
      'an open bracket',
      'model: static\ndata: { q: 1 1/Å',
      '2:17: a bracket is not closed; close the [ or { opened before',
    ],
    ['an open list', 'model: static\ndata: { phi: [0 deg\nseed: 1', '3:1: a bracket is not closed'],
    ['an open quote', 'model: "static\n', '2:1: a quote is not closed; close it'],
    ['two keys in a line', 'model: static seed: 1', "1:8: not YAML: a second 'key: value' on the same line"],
    ['wrong indentation', '  model: static\nseed: 1', '2:1: not YAML: '],
    ['a second document', 'model: static\n---\nmodel: static\n', '2:1: a second document begins here'],
    ['an alias', 'model: &m static\nconvention: *m\n', '2:13: the alias *m is not read here; write the value out'],
    ['a merge key', 'model: static\n<<: { seed: 1 }\n', "2:1: unknown key '<<'"],
    ['a tag', 'model: !mode static\n', '1:8: tags (!name) are not read here'],
    ['a list as key', 'model: static\n? [1]\n: 2\n', '2:3: this key is not a word; write key: value'],
    ['a list', '- model: static\n', ' the file holds no mapping of keys to values'],
    ['plain text', 'hello', ' the file holds no mapping of keys to values'],
    ['bytes of another format', '\u0089HDF\r\n\u001a\n', ' '],
    ['nothing', '', ' the file is empty; write at least model: static, or start from `twotime config init`'],
    ['comments alone', '# model: static\n', ' the file is empty'],
  ])('%s', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toContain(`fit.yaml:${expected}`);
  });

  test('a syntax error is one problem', () => {
    expect(problemsOf('a: 1\n b: 2\n')).toHaveLength(1);
  });
});

describe('what YAML allows is read', () => {
  test('Windows line ends and a byte order mark', () => {
    expect(configOf('\ufeffmodel: static\r\ndata:\r\n  q: 0.01 1/Å\r\n').data.q).toBe(0.01);
  });

  test('JSON', () => {
    expect(configOf('{"model": "static", "data": {"q": "0.01 1/Angstrom"}}').data.q).toBe(0.01);
  });

  test('quoted quantities', () => {
    expect(configOf(`model: 'static'\ndata: { q: "0.01 1/Å" }`).data.q).toBe(0.01);
  });

  test('keys named like parts of JavaScript objects are unknown keys', () => {
    expect(problemsOf('model: static\n__proto__: { seed: 3 }')[0]).toContain("unknown key '__proto__'");
    expect(problemsOf('model: static\nconstructor: 1')[0]).toContain("unknown key 'constructor'");
  });
});
