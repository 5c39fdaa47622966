/** A vitest reporter that keeps the result of a complete `npm run test:full` in docs/, with date, commit and machine. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';
import { summaryLine } from './summary-reporter.ts';

const FILE = 'docs/full-test-result.md';

export class FullResultReporter implements Reporter {
  #vitest: Vitest | undefined;
  #start = 0;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    this.#start = performance.now();
  }

  /** Only a run of every file is a full result; a run of some files leaves the kept one alone. */
  async onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): Promise<void> {
    if (this.#vitest === undefined) return;
    const { root } = this.#vitest.config;
    const all = await this.#vitest.globTestSpecifications([]);
    if (all.length !== modules.length) return;
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    const minutes = (performance.now() - this.#start) / 60_000;
    const cpu = os.cpus();
    const rows = modules
      .map((module) => {
        const seconds = (module.diagnostic().duration / 1000).toFixed(1);
        return `| ${module.relativeModuleId} | ${summaryLine([module], 0)} | ${seconds} |`;
      })
      .sort();
    const text = [
      '# The last full test run',
      '',
      'Written by `npm run test:full`.',
      '',
      `- Result: ${summaryLine(modules, errors.length)}, in ${minutes.toFixed(1)} minutes`,
      `- Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      `- Commit: ${git('rev-parse', 'HEAD')}${changed ? ', with uncommitted changes' : ''}`,
      `- On: Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpu.length} × ${cpu[0]?.model ?? 'unknown'}`,
      '',
      '| Test file | Result | Seconds |',
      '|---|---|---:|',
      ...rows,
      '',
    ];
    writeFileSync(path.join(root, FILE), text.join('\n'));
  }
}
