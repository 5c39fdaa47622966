/** Builds dist/, what the npm package ships: the sources as JavaScript, the compiled kernels, and the other files of src/. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, stateFolder } from './kernel-build.mjs';

const sources = path.join(root, 'src');
const assembly = path.join(sources, 'kernels', 'assembly');
const draft = path.join(stateFolder, `dist.${process.pid}`);
const dist = path.join(root, 'dist');

/** Standard output stays free for `npm pack --json`. */
const run = (script, ...args) =>
  execFileSync(process.execPath, [path.join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  });
const isAsset = (file) => file !== assembly && !file.endsWith('.ts');

mkdirSync(stateFolder, { recursive: true });
try {
  run('scripts/build-kernels.mjs');
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', draft);
  cpSync(sources, draft, { recursive: true, filter: isAsset });
  rmSync(dist, { recursive: true, force: true });
  renameSync(draft, dist);
} catch (error) {
  rmSync(draft, { recursive: true, force: true });
  if (error.status === undefined) throw error;
  process.stderr.write('the build failed; dist/ is as it was\n');
  process.exitCode = 1;
}
