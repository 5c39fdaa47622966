/** A folder for each test, engines on the real PBS in it, and what tasks and engines told. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { DEFAULT_CLUSTER, type ClusterConfig } from '../../src/config/index.ts';
import { BatchEngine, pbs, type BatchEngineOptions } from '../../src/parallel/engines/batch/index.ts';
import { pbsJobsLeft, processesIn, releasePbs, takePbs, WAIT_MILLISECONDS } from '../support/real-pbs.ts';

export async function until(what: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  for (let k = 0; k < 20 * seconds; k++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within ${seconds} s: ${what.toString()}`);
}

/** For the body of a `describe`: after each test no job, process or work folder may be left. */
export class PbsBench {
  folder = '';
  #last = 0;
  #events: RunEvent[] = [];
  readonly progress = (event: RunEvent): void => void this.#events.push(event);

  constructor() {
    beforeAll(takePbs, WAIT_MILLISECONDS);
    afterAll(releasePbs);
    beforeEach(async () => {
      this.#events = [];
      this.folder = await mkdtemp(join(tmpdir(), 'twotime-faults-'));
    });
    afterEach(async () => {
      const jobs = await pbsJobsLeft();
      const processes = processesIn(this.folder);
      const work = (await readdir(this.folder)).filter((name) => name.startsWith('work-'));
      await rm(this.folder, { recursive: true });
      const left = [...jobs, ...processes.map((pid) => `process ${pid}`), ...work];
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    });
  }

  make(site: Partial<ClusterConfig> = {}, options: Partial<BatchEngineOptions> = {}): BatchEngine {
    return new BatchEngine({
      dialect: pbs,
      site: { ...DEFAULT_CLUSTER, jobs: 1, ...site },
      folder: join(this.folder, `work-${++this.#last}`),
      poll: { least: 5, most: 100 },
      ask: { least: 1000, most: 2000 },
      silence: 8000,
      visible: 3000,
      tell: (level, text) => this.progress({ kind: 'log', level, text }),
      ...options,
    });
  }

  /** What engine and runner said. */
  told(): string {
    return this.#events.map((event) => (event.kind === 'log' ? event.text : '')).join('\n');
  }

  /** What tasks noted: `begin` or `end`, element, node, process. */
  lines(): string[][] {
    try {
      const text = readFileSync(join(this.folder, 'log'), 'utf8').trim();
      return text.split('\n').map((line) => line.split(' '));
    } catch {
      return [];
    }
  }

  count(word: string): number {
    return this.lines().filter(([first]) => first === word).length;
  }
}
