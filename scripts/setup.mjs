/**
 * Sets up what a checkout is missing, and nothing else: the locked dependencies, then the compiled kernels.
 *
 * Needs npm and Node 18, no packages. With nothing to do it returns at once; two at the same time do the work once.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { kernelsAreCurrent, root, stateFolder } from './kernel-build.mjs';
import { withLock } from './lock.mjs';

const require = createRequire(import.meta.url);

function readJson(...parts) {
  try {
    return JSON.parse(readFileSync(path.join(root, ...parts), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * npm leaves optional packages out where they do not fit, and then what only those need. Missing ones therefore count
 * only where they are made for this very platform (a `libc` we leave to npm).
 */
function mayBeLeftOut(entry) {
  if (entry.optional !== true) return false;
  const names = (list, value) => [list ?? []].flat().includes(value);
  return !names(entry.os, process.platform) || !names(entry.cpu, process.arch) || entry.libc !== undefined;
}

/** Does node_modules hold what the lock file asks for? npm keeps its own record of what it installed there. */
function dependenciesAreCurrent() {
  const wanted = readJson('package-lock.json')?.packages;
  const installed = readJson('node_modules', '.package-lock.json')?.packages;
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '') return true;
    const found = installed[place];
    if (found === undefined) return mayBeLeftOut(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** The npm that runs this script if one does, with the Node that runs it; else the one on the PATH. */
function npm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [node ?? process.execPath, script];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

class SetupFailed extends Error {}

function step(label, [command, ...args]) {
  const start = performance.now();
  process.stderr.write(`${label} … `);
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    process.stderr.write('failed\n');
    throw new SetupFailed(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim());
  }
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

function setUp() {
  if (!dependenciesAreCurrent()) {
    step('installing the locked dependencies', [
      ...npm(),
      'ci',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
  }
  if (!kernelsAreCurrent()) {
    const { findPinnedNode } = require('../bin/pinned-node.js');
    step('compiling the kernels', [
      findPinnedNode() ?? process.execPath,
      path.join(root, 'scripts', 'build-kernels.mjs'),
    ]);
  }
}

try {
  if (!dependenciesAreCurrent() || !kernelsAreCurrent()) await withLock(path.join(stateFolder, 'lock'), setUp);
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
