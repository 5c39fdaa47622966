/**
 * `chains.ndjson`: the chains of a run, appended block by block while they are drawn, so that they can be taken up again.
 *
 * One line says what is sampled; each further line is one chain's next draws with the state it ended in and a checksum.
 * Chains that are begun again begin with a new first line. A line that a killed process left half does not count, nor
 * does a block that not all chains have.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { Chain, ChainsSoFar } from '../bayes/index.ts';
import { checksum } from '../base/checksum.ts';
import { InputRefused } from '../base/errors.ts';
import { outputFailed } from '../data/index.ts';

export const CHAINS_FILE = 'chains.ndjson';

const FORMAT = 'twotime-chains/1';

interface FirstLine {
  readonly format: typeof FORMAT;
  /** What was sampled: chains go on only with the same question. */
  readonly identity: string;
  readonly settings: ChainsSoFar['settings'];
  readonly chains: number;
}

/** What one chain gained in a block. */
interface BlockLine extends Chain {
  readonly chain: number;
  /** Draws before this block. */
  readonly from: number;
  readonly divergencesBefore: number;
}

export class ChainJournal implements AsyncDisposable {
  readonly #path: string;
  readonly #identity: string;
  /** Bytes of the file that count when it is opened; what follows them is cut off. */
  readonly #keep: number;
  #end = 0;
  #handle: FileHandle | null = null;
  /** What the file holds; null before its first line. */
  #written: ChainsSoFar | null = null;

  /** `held` are the chains that the file holds already, as `readChains` gave them; null begins a new file. */
  constructor(path: string, identity: string, held: HeldChains | null) {
    this.#path = path;
    this.#identity = identity;
    this.#written = held?.chains ?? null;
    this.#keep = held?.bytes ?? 0;
  }

  /** Append what `far` has more than the file; bound, so that it can be passed on. Throws `OutputFailed`. */
  readonly append = async (far: ChainsSoFar): Promise<void> => {
    const lines: string[] = [];
    const before = this.#written;
    const isNew = before === null || JSON.stringify(before.settings) !== JSON.stringify(far.settings);
    if (isNew) {
      const first: FirstLine = {
        ...{ format: FORMAT, identity: this.#identity },
        ...{ settings: far.settings, chains: far.chains.length },
      };
      lines.push(sealed(first));
    }
    far.chains.forEach((chain, c) => {
      const from = isNew ? 0 : before.chains[c]!.draws.length;
      const divergencesBefore = isNew ? 0 : before.chains[c]!.divergences.length;
      const block: BlockLine = {
        ...{ chain: c, from, divergencesBefore, state: chain.state, gradients: chain.gradients },
        draws: chain.draws.slice(from),
        divergences: chain.divergences.slice(divergencesBefore),
      };
      lines.push(sealed(block));
    });
    await guarded(this.#path, async () => {
      if (this.#handle === null) {
        this.#handle = await open(this.#path, this.#keep > 0 ? 'r+' : 'w');
        await this.#handle.truncate(this.#keep);
        this.#end = this.#keep;
      }
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      await this.#handle.write(bytes, 0, bytes.length, this.#end);
      this.#end += bytes.length;
    });
    this.#written = far;
  };

  /** Everything is on the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    if (handle === null) return;
    await guarded(this.#path, async () => {
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }
}

async function guarded<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw outputFailed(path, (cause as NodeJS.ErrnoException).code, cause);
  }
}

export interface HeldChains {
  readonly chains: ChainsSoFar;
  /** Length of the part of the file that holds them. */
  readonly bytes: number;
}

/**
 * The chains in a file; null when there are none yet. Throws `InputRefused` when they belong to another question than
 * `identity`, or when anything but the end of the file is damaged.
 */
export async function readChains(path: string, identity: string): Promise<HeldChains | null> {
  const where = { file: path };
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new InputRefused(`the chains cannot be read (${code})`, { where, help: START_AGAIN, cause });
  }
  let settings: FirstLine | null = null;
  let growing: Growing[] = [];
  let whole: HeldChains | null = null;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) break;
    const line = unsealed(bytes.toString('utf8', at, end));
    at = end + 1;
    if (line === null) {
      if (at < bytes.length) throw new InputRefused('the chains are damaged', { where, help: START_AGAIN });
      break;
    }
    if ('format' in line) {
      if (line.format !== FORMAT || line.identity !== identity) {
        const what = 'the chains are those of another fit, configuration or version';
        throw new InputRefused(what, { where, help: START_AGAIN });
      }
      settings = line;
      growing = Array.from({ length: line.chains }, () => ({ draws: [], divergences: [], state: null, gradients: 0 }));
      continue;
    }
    const chain = growing[line.chain];
    const follows = chain?.draws.length === line.from && chain.divergences.length === line.divergencesBefore;
    if (settings === null || chain === undefined || !follows) {
      throw new InputRefused('the chains are damaged: a line is missing', { where, help: START_AGAIN });
    }
    chain.draws.push(...line.draws);
    chain.divergences.push(...line.divergences);
    Object.assign(chain, { state: line.state, gradients: line.gradients });
    if (line.chain === growing.length - 1) {
      whole = { chains: { settings: settings.settings, chains: growing.map(frozen) }, bytes: at };
    }
  }
  return whole;
}

const START_AGAIN = 'add --from-start to resume without them: the same result, but all the work again';

interface Growing {
  readonly draws: Chain['draws'][number][];
  readonly divergences: Chain['divergences'][number][];
  state: Chain['state'] | null;
  gradients: number;
}

function frozen({ draws, divergences, state, gradients }: Growing): Chain {
  return { draws: [...draws], divergences: [...divergences], state: state!, gradients };
}

/** A line of JSON that ends in the checksum of its content. */
function sealed(content: FirstLine | BlockLine): string {
  const text = JSON.stringify(content, toText);
  return `{"check":"${checksum(text)}","content":${text}}`;
}

/** Null for what is not a whole line. */
function unsealed(line: string): FirstLine | BlockLine | null {
  const match = /^\{"check":"([0-9a-f]+)","content":(.*)\}$/s.exec(line);
  if (match === null || checksum(match[2]!) !== match[1]) return null;
  return JSON.parse(match[2]!, fromText) as FirstLine | BlockLine;
}

/** Numbers that JSON does not have. */
const WORDS: ReadonlyMap<unknown, number> = new Map([
  ['#NaN', NaN],
  ['#Infinity', Infinity],
  ['#-Infinity', -Infinity],
  ['#-0', -0],
]);

function toText(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return '#-0';
  return Number.isFinite(value) ? value : `#${value}`;
}

function fromText(_key: string, value: unknown): unknown {
  return WORDS.get(value) ?? value;
}
