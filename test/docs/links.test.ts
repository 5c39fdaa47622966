/** What the documentation names exists: linked files and headings, paths in the repository, npm scripts, commands and their options. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/main.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const folders = ['docs', ...readdirSync(path.join(root, 'examples')).map((name) => `examples/${name}`)];
const pages = [
  ...['README.md', 'FEATURES.md', 'CHANGELOG.md'],
  ...folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** Text outside fenced blocks, and the fenced blocks. */
function split(text: string): { prose: string; blocks: string[] } {
  const blocks: string[] = [];
  const prose = text.replaceAll(/^( *)```[^\n]*\n([\s\S]*?)^\1```/gm, (_all, _indent, body: string) => {
    blocks.push(body);
    return '';
  });
  return { prose, blocks };
}

/** Heading anchors as the usual Markdown viewers make them. */
function anchorsOf(file: string): string[] {
  return [...split(read(file)).prose.matchAll(/^#+ +(.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links that lead nowhere: a missing file, or a heading the file does not have. */
function brokenLinks(page: string): string[] {
  const { prose } = split(read(page));
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, anchor] = target.split('#');
    const relative = file === '' ? page : path.join(path.dirname(page), file!);
    if (!existsSync(path.join(root, relative))) return true;
    return anchor !== undefined && !anchorsOf(relative).includes(anchor);
  });
}

const TOP_LEVEL = ['src', 'docs', 'examples', 'test', 'bench', 'scripts', 'schema', 'bin', 'assets'];

/** Paths in back quotes that start with a folder of the repository and do not exist. */
function missingPaths(page: string): string[] {
  const quoted = [...split(read(page)).prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
  return quoted
    .filter((text) => /^[\w.@/-]+$/.test(text) && TOP_LEVEL.includes(text.split('/')[0]!) && text.includes('/'))
    .filter((text) => !existsSync(path.join(root, text)));
}

/** The words of every `bin/twotime …`, `twotime …` command line in fenced blocks and in back quotes. */
function commandLines(page: string): string[][] {
  const { prose, blocks } = split(read(page));
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
  const lines = [...blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')), ...quoted];
  return lines
    .map((line) => /^(?:\$ )?(?:bin\/)?twotime +([^#|>]+)/.exec(line.trim())?.[1])
    .filter((line) => line !== undefined)
    .map((line) => line.trim().split(/\s+/));
}

/** What is wrong with one command line: an unknown command or option; null when nothing is. */
function complaint(words: readonly string[]): string | null {
  let command: Command = buildProgram(silentTerminal, () => {});
  let at = 0;
  while (at < words.length) {
    const next: Command | undefined = command.commands.find((one) => one.name() === words[at]);
    if (next === undefined) break;
    command = next;
    at++;
  }
  const isGroup = command.commands.length > 0;
  if (isGroup && words[at] !== undefined && !words[at]!.startsWith('-') && words[at] !== 'help') {
    return `no command ${words.slice(0, at + 1).join(' ')}`;
  }
  const known = ['-h', '--help', '-V', '--version', ...command.options.flatMap((o) => [o.short, o.long])];
  const unknown = words.find((word) => /^--?[a-zA-Z]/.test(word) && !known.includes(word));
  return unknown === undefined ? null : `${command.name()} has no option ${unknown}`;
}

const silentTerminal = {
  interactive: false,
  columns: 80,
  result: () => {},
  message: () => {},
  status: () => {},
};

describe.each(pages)('%s', (page) => {
  test('links to files and headings that exist', () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  test('names files of the repository that exist', () => {
    expect(missingPaths(page)).toEqual([]);
  });

  test('shows commands and options that the program has', () => {
    const complaints = commandLines(page).map(complaint);
    expect(complaints.filter((text) => text !== null)).toEqual([]);
  });

  test('names npm scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = [...read(page).matchAll(/npm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g)].map((m) => m[1] ?? m[2]!);
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

test('the check itself sees the commands of the front page', () => {
  const commands = commandLines('README.md').map(([first]) => first);
  expect(new Set(commands)).toEqual(
    new Set([
      'fit',
      'resume',
      'both',
      'sample',
      'extend',
      'batch',
      'status',
      'inspect',
      'config',
      'simulate',
      'design',
      'compare',
      '--help',
      'doctor',
    ]),
  );
});

test('the check itself notices commands and options that do not exist', () => {
  expect(complaint(['fit', 'data.h5', '-c', 'fit.yaml', '-o', 'run'])).toBeNull();
  expect(complaint(['config', 'init', '--from', 'data.h5'])).toBeNull();
  expect(complaint(['fitt', 'data.h5'])).toBe('no command fitt');
  expect(complaint(['config', 'migrate'])).toBe('no command config migrate');
  expect(complaint(['inspect', 'data.h5', '--fast'])).toBe('inspect has no option --fast');
});
