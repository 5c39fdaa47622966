/** Names of run directories: readable, made of the file's and its q, and no two equal. */
import { basename, dirname, extname } from 'node:path';

/** Entries of a batch's folder that are no runs. */
const RESERVED = ['plots', 'batch.json', 'batch.ndjson', 'summary.csv', 'summary.html', 'run.lock'];

export class JobNames {
  readonly #taken: Set<string>;

  /** `taken`: names given before. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...RESERVED, ...taken].map(plain));
  }

  /**
   * `A_0031_q0.0237`, with the name of its configuration behind; with the name of its folder, more digits of q, or a
   * number where that is taken.
   */
  next(path: string, q: number | null, config = ''): string {
    const stem = clean(basename(path, extname(path)));
    const folder = clean(basename(dirname(path)));
    const short = q === null ? '' : `_q${Number(q.toPrecision(6))}`;
    const long = q === null ? '' : `_q${q}`;
    const label = config === '' ? '' : `_${clean(config)}`;
    const candidates = [`${stem}${short}`, `${folder}_${stem}${short}`, `${folder}_${stem}${long}`].map(
      (name) => `${name}${label}`,
    );
    const free = candidates.find((name) => !this.#taken.has(plain(name))) ?? this.#numbered(candidates[1]!);
    this.#taken.add(plain(free));
    return free;
  }

  #numbered(name: string): string {
    for (let number = 2; ; number++) if (!this.#taken.has(plain(`${name}-${number}`))) return `${name}-${number}`;
  }
}

/** Some file systems do not tell capitals from small letters. */
function plain(name: string): string {
  return name.toLowerCase();
}

/** Without what shells and file systems treat specially. */
function clean(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}._+=-]+/gu, '_').replace(/^[.-]+/, '') || 'file';
}
