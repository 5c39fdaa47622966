/** What a test run prints last. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { root } from './source-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'twotime-summary-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const reporter = path.join(root, 'test/support/summary-reporter.ts');
  writeFileSync(
    path.join(folder, 'vitest.config.mjs'),
    `import { SummaryReporter } from ${JSON.stringify(reporter)};\nexport default { test: { reporters: [new SummaryReporter()] } };`,
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lastLineOf(tests: Readonly<Record<string, string>>): string | undefined {
  for (const [name, text] of Object.entries(tests)) {
    writeFileSync(path.join(folder, `${name}.test.mjs`), `import { it } from 'vitest';\n${text}`);
  }
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const { stdout } = spawnSync(process.execPath, [vitest, 'run'], { cwd: folder, encoding: 'utf8' });
  return stdout.trimEnd().split('\n').at(-1);
}

it('is the number of tests that passed and failed', () => {
  expect(lastLineOf({ a: "it('one', () => {}); it('two', () => {});" })).toBe('2 passed, 0 failed');
});

it('tells of skipped tests, and counts a file that does not load as a failure', () => {
  const line = lastLineOf({
    a: "it('good', () => {}); it.skip('left out', () => {}); it('bad', () => { throw new Error('bad'); });",
    b: "throw new Error('does not load');",
  });
  expect(line).toBe('1 passed, 2 failed, 1 skipped');
});
