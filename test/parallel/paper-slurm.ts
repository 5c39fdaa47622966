/** What a batch engine lies between, played by hand: a scheduler that starts nothing, and a host whose steps are told one by one. */
import { vi } from 'vitest';
import { CommandFailed, type RunCommand } from '../../src/parallel/engines/batch/index.ts';
import { LedgerWriter } from '../../src/parallel/engines/batch/ledger.ts';
import type { TaskName, WorkFolder } from '../../src/parallel/engines/batch/work-folder.ts';
import { encodeOutcome } from '../../src/parallel/host/index.ts';

/** A Slurm that takes every job and starts none. */
export class PaperSlurm {
  readonly scripts: string[] = [];
  readonly cancelled: string[] = [];
  questions = 0;
  most = 1000;
  states = '';
  refuse: ((script: string) => void) | null = null;
  /** Answers a search for a job by its name. */
  find: () => string = () => '';

  readonly run: RunCommand = async (command, args, input = '') => {
    switch (command) {
      case 'sbatch':
        this.refuse?.(input);
        this.scripts.push(input);
        return `${this.scripts.length}\n`;
      case 'squeue':
        if (args.includes('%F')) return this.find();
        this.questions += 1;
        return this.states;
      case 'scancel':
        this.cancelled.push(...args);
        return '';
      case 'scontrol':
        return `MaxArraySize = ${this.most + 1}\n`;
      default:
        throw new CommandFailed(command, 'Slurm accounting storage is disabled');
    }
  };

  get arrays(): string[] {
    return this.scripts.map((script) => /--array=(\S+)/.exec(script)![1]!);
  }
}

/** A host whose every step is told from here. */
export class HandHost {
  readonly #folder: WorkFolder;
  readonly #ledger: LedgerWriter;
  readonly #holder: string;

  constructor(folder: WorkFolder, element: string) {
    this.#folder = folder;
    this.#holder = `${element}.hand.1`;
    this.#ledger = new LedgerWriter(folder.file('hosts', this.#holder));
    this.#ledger.add({ kind: 'hello', element, node: 'n1', pid: 1, slots: 1 });
  }

  async take(): Promise<TaskName> {
    await this.#ledger.flush();
    const task = await vi.waitUntil(async () => (await this.#folder.tasks())[0], { timeout: 5000, interval: 5 });
    const name = `${task.id}.${task.number}`;
    await this.#folder.claim(JSON.stringify({ holder: this.#holder }), 'leases', name);
    for (const file of await this.#folder.list('tasks'))
      if (file.endsWith(name)) await this.#folder.remove('tasks', file);
    this.#ledger.add({ kind: 'claimed', id: task.id, number: task.number });
    await this.#ledger.flush();
    return task;
  }

  async say({ id, number }: TaskName): Promise<void> {
    this.#ledger.add({ kind: 'ended', id, number, outcome: 'ok' });
    await this.#ledger.flush();
  }

  async commit({ id }: TaskName, output: unknown): Promise<boolean> {
    return await this.#folder.commit(encodeOutcome(id, { kind: 'ok', output }), 'results', id);
  }

  async beat(): Promise<void> {
    this.#ledger.add({ kind: 'beat' });
    await this.#ledger.flush();
  }

  async leave(): Promise<void> {
    this.#ledger.add({ kind: 'bye' });
    await this.#ledger.flush();
  }
}
