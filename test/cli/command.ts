/** Runs the command inside the test process and keeps what it prints. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { run } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  /** Lines of standard error. */
  readonly err: readonly string[];
}

/** `twotime ARGV…` without a process of its own. */
export async function twotime(...argv: string[]): Promise<CommandResult> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    interactive: false,
    columns: 120,
    result: (text) => out.push(text.endsWith('\n') ? text : `${text}\n`),
    message: (text) => err.push(...text.split('\n')),
    status: () => undefined,
  };
  const code = await run(argv, terminal);
  return { code, out: out.join(''), err };
}

/** A folder that disappears after the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'twotime-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Write a text file into a folder and return its path. */
export function writeText(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
