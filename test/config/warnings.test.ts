/** What is allowed but unusual is said, with the value in other units. */
import { describe, expect, test } from 'vitest';
import { configOf, problemsOf, warningsOf } from './read.ts';

describe('implausible magnitudes', () => {
  test.each([
    ['data: { gap: 500 Angstrom }', 'implausible-gap', '0.05 um = 50 nm = 500 Angstrom'],
    ['data: { gap: 1 mm, q: 23.7 1/Å }', 'implausible-q', '23.7 1/Angstrom = 237 1/nm'],
    ['data: { gap: 1 mm, q: 1e-5 1/Å }', 'implausible-q', '1e-5 1/Angstrom'],
    ['data: { gap: 1 mm, dt: 10 ns }', 'implausible-dt', '0.01 us = 10 ns'],
    ['data: { gap: 1 mm, dt: 1e5 s }', 'implausible-dt', '1e5 s'],
    ['data: { gap: 1 mm }\ngrid: { dt: 10 h }', 'implausible-dt', '36000 s'],
  ])('%s', (text, code, shown) => {
    const warnings = warningsOf(`model: laminar_flow\n${text}`);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    expect(warnings[0]!.text).toContain(shown);
  });

  test('usual values give none', () => {
    expect(warningsOf('model: laminar_flow\ndata: { gap: 1 um, q: 1e-4 1/Å, dt: 0.1 us }')).toEqual([]);
  });
});

describe('keys without effect', () => {
  test.each([
    ['data: { gap: 1 mm }', [], 'data.gap has no effect with model: static'],
    ['scaling: { order: 3 }', [], 'scaling.order has no effect with mode: per-angle'],
    ['parallel: { backend: sequential, workers: 4 }', [], 'parallel.workers: 4 has no effect'],
    ['parallel: { backend: sequential }', ['parallel.workers=4'], 'parallel.workers: 4 has no effect'],
  ])('%s %j', (text, settings, expected) => {
    expect(warningsOf(`model: static\n${text}`, settings)).toEqual([
      { code: 'key-without-effect', text: expect.stringContaining(expected) as string },
    ]);
  });

  test.each([
    ['pjit', 'sequential'],
    ['multiprocessing', 'local'],
  ])('the old name %s of %s', (old, name) => {
    expect(warningsOf(`model: static\nparallel: { backend: ${old}, fallback: error }`)).toEqual([
      { code: 'deprecated-name', text: `parallel.backend: ${old} is an old name; write ${name}` },
    ]);
  });

  test.each([
    ['parallel_chunks: false', [], 'parallel_chunks', 'file'],
    ['parallel: { parallel_chunks: false }', [], 'parallel.parallel_chunks', 'file'],
    ['parallel: { backend: local }', ['parallel_chunks=false'], 'parallel_chunks', 'command line'],
    ['parallel_chunks: true', ['parallel.chunks=false'], 'parallel_chunks', 'command line'],
    ['parallel: { chunks: true }', ['parallel_chunks=false'], 'parallel_chunks', 'command line'],
  ])('the old key in %s %j', (text, settings, old, origin) => {
    expect(warningsOf(`model: static\n${text}`, settings)).toEqual([
      { code: 'deprecated-name', text: `${old} is an old name; write parallel.chunks` },
    ]);
    const { parallel, origins } = configOf(`model: static\n${text}`, settings);
    expect(parallel.chunks).toBe(false);
    expect(origins.get('parallel.chunks')).toBe(origin);
  });

  test('the wrong value of an old key, where it stands', () => {
    expect(problemsOf('model: static\nparallel_chunks: many')).toEqual([
      expect.stringContaining('fit.yaml:2:18: parallel.chunks:') as string,
    ]);
  });

  test('an old key beside the present one', () => {
    expect(problemsOf('model: static\nparallel_chunks: false\nparallel: { chunks: true }')).toEqual([
      "fit.yaml:2:1: 'parallel_chunks' is the old name of 'parallel.chunks', and both are there; keep parallel.chunks",
    ]);
    expect(problemsOf('model: static\nparallel_chunks: false\nparallel: 3')).toEqual([
      expect.stringContaining('3 is not a mapping') as string,
    ]);
  });

  test('keys that act give none', () => {
    expect(warningsOf('model: static\nscaling: { mode: fourier, order: 3 }\nparallel: { workers: 1 }')).toEqual([]);
  });
});
