/** The hosts of a work folder as their ledgers show them. */
import { LedgerReader, type LedgerLine } from './ledger.ts';
import type { WorkFolder } from './work-folder.ts';

interface Host {
  readonly reader: LedgerReader;
  element: string | null;
  node: string | null;
  slots: number;
  isOver: boolean;
  /** When it last gave a sign, ms of this process. */
  signAt: number;
}

export interface ToldLine {
  readonly holder: string;
  readonly line: LedgerLine;
}

export class Hosts {
  readonly #folder: WorkFolder;
  readonly #hosts = new Map<string, Host>();

  constructor(folder: WorkFolder) {
    this.#folder = folder;
  }

  /** What all hosts have told since the last look. */
  async look(): Promise<ToldLine[]> {
    const told: ToldLine[] = [];
    for (const holder of await this.#folder.list('hosts')) {
      const host = this.#hosts.get(holder) ?? this.#add(holder);
      if (host.isOver) continue;
      for (const line of await host.reader.next()) {
        host.signAt = performance.now();
        if (line.kind === 'hello') Object.assign(host, { element: line.element, node: line.node, slots: line.slots });
        if (line.kind === 'bye') host.isOver = true;
        told.push({ holder, line });
      }
    }
    return told;
  }

  #add(holder: string): Host {
    const reader = new LedgerReader(this.#folder.file('hosts', holder));
    const host = { reader, element: null, node: null, slots: 1, isOver: false, signAt: performance.now() };
    this.#hosts.set(holder, host);
    return host;
  }

  elementOf(holder: string): string | null {
    return this.#hosts.get(holder)?.element ?? null;
  }

  nodeOf(holder: string): string | null {
    return this.#hosts.get(holder)?.node ?? null;
  }

  /** It said that it ends, or has never said anything. */
  isOver(holder: string): boolean {
    return this.#hosts.get(holder)?.isOver ?? true;
  }

  silence(holder: string): number {
    const host = this.#hosts.get(holder);
    return host === undefined ? Infinity : performance.now() - host.signAt;
  }

  /** Slots of the largest host seen; null when none was. */
  get slots(): number | null {
    const slots = Array.from(this.#hosts.values(), (host) => host.slots);
    return slots.length === 0 ? null : Math.max(...slots);
  }
}
