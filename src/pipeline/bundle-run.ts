/** Pack a finished run for a co-author: one ZIP with what it found and how, and a manifest with checksums. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import { toJson } from '../base/json.ts';
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { encodeZip, writeFileAtomically, type ZipMember } from '../data/index.ts';
import { BUNDLE_SCHEMA, type BundledFile, type BundleManifest } from '../results/index.ts';
import { CHAINS_FILE } from './chain-journal.ts';
import { readRun } from './read-run.ts';
import { isLockFile } from './run-lock.ts';
import { CHECKPOINT_FOLDER } from './run-request.ts';
import { packageVersion } from './versions.ts';

export interface BundleRequest {
  readonly run: string;
  /** The file to write. */
  readonly output: string;
  /** Leave out `fit.npz`, which may be large. */
  readonly withoutArrays: boolean;
}

/**
 * Write the bundle and answer with its manifest, which is its first member. The same run gives the same bytes. Throws
 * `InputRefused` for a folder that is no finished run, and when a file of it changes meanwhile.
 */
export async function bundleRun(
  { run, output, withoutArrays }: BundleRequest,
  context: TaskContext,
): Promise<BundleManifest> {
  const { record, input } = await readRun(run);
  const top = basename(resolve(run));
  const names = (await filesOf(run)).filter((name) => !(withoutArrays && name === 'fit.npz'));
  const files: BundledFile[] = [];
  for (const name of names) {
    throwIfCancelled(context);
    context.progress?.({ kind: 'progress', stage: 'hash', done: files.length, total: names.length, text: name });
    files.push({ name, ...(await hashOf(join(run, name))) });
  }
  const { digest, status, versions, data } = record;
  const manifest: BundleManifest = {
    schema: BUNDLE_SCHEMA,
    run: top,
    status,
    digest,
    input: { file: input, contentHash: data.contentHash },
    versions: { ...versions, bundledBy: packageVersion() },
    files,
  };
  await writeFileAtomically(output, encodeZip(membersOf(run, top, manifest, context)));
  return manifest;
}

/** Names of the files of a run that are for others, in a fixed order. */
async function filesOf(run: string): Promise<string[]> {
  const entries = await readdir(run, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(run.length).replaceAll('\\', '/').replace(/^\/+/, ''));
  return names.filter((name) => name !== CHAINS_FILE && !name.split('/').some(isOurs)).toSorted();
}

/** What is there for the program alone: locks, checkpoints, half files. */
function isOurs(name: string): boolean {
  return name.startsWith('.') || name === CHECKPOINT_FOLDER || isLockFile(name);
}

async function hashOf(path: string): Promise<Omit<BundledFile, 'name'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function* membersOf(
  run: string,
  top: string,
  manifest: BundleManifest,
  context: TaskContext,
): AsyncGenerator<ZipMember, void, undefined> {
  const text = new TextEncoder().encode(`${toJson(manifest)}\n`);
  yield { name: `${top}/manifest.json`, size: text.length, pieces: [text] };
  for (const [done, { name, bytes, sha256 }] of manifest.files.entries()) {
    throwIfCancelled(context);
    context.progress?.({ kind: 'progress', stage: 'pack', done, total: manifest.files.length, text: name });
    const path = join(run, name);
    if ((await stat(path)).size !== bytes) throw changed(path);
    yield { name: `${top}/${name}`, size: bytes, pieces: sameAs(path, sha256) };
  }
}

async function* sameAs(path: string, sha256: string): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw changed(path);
}

function changed(file: string): InputRefused {
  return new InputRefused('the file changed while it was packed', { where: { file }, help: 'pack the run again' });
}
