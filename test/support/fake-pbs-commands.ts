/** Puts the commands of the fake PBS first in the path of this process, for as long as a test lasts. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class FakePbs implements AsyncDisposable {
  readonly folder: string;
  readonly #path: string | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.#path = process.env['PATH'];
  }

  static async open(): Promise<FakePbs> {
    const fake = new FakePbs(await mkdtemp(join(tmpdir(), 'twotime-pbs-')));
    const bin = join(fake.folder, 'bin');
    mkdirSync(bin);
    mkdirSync(join(fake.folder, 'state'));
    for (const name of ['qsub', 'qstat', 'qdel', 'qselect']) {
      const text = `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'fake-pbs.ts')}' ${name} "$@"\n`;
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    process.env['PATH'] = `${bin}:${process.env['PATH']}`;
    process.env['PBS_FAKE_STATE'] = join(fake.folder, 'state');
    return fake;
  }

  /** Elements that have not ended. */
  async running(): Promise<string[]> {
    const state = join(this.folder, 'state');
    const running: string[] = [];
    for (const job of await readdir(state)) {
      for (const element of await readdir(join(state, job))) {
        if (!element.includes('pbs1')) continue;
        const files = await readdir(join(state, job, element));
        if (!files.includes('exit')) running.push(element);
      }
    }
    return running;
  }

  /** The same, once what is ending has ended. */
  async left(): Promise<string[]> {
    for (let k = 0; k < 60 && (await this.running()).length > 0; k++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return await this.running();
  }

  /** Scripts that were submitted, in order. */
  async scripts(): Promise<string[]> {
    const state = join(this.folder, 'state');
    const names = (await readdir(state)).toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
    return await Promise.all(names.map((name) => readFile(join(state, name, 'script'), 'utf8')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.env['PATH'] = this.#path;
    delete process.env['PBS_FAKE_STATE'];
    await rm(this.folder, { recursive: true, force: true });
  }
}
