/** Attempts as the work folder has them: offered, claimed, stopped, ended. */
import type { AttemptOutcome } from '../../engine.ts';
import { decodeOutcome } from '../../host/index.ts';
import { attemptName, taskFileName, type TaskName, type WorkFolder } from './work-folder.ts';

export class AttemptStore {
  readonly #folder: WorkFolder;

  constructor(folder: WorkFolder) {
    this.#folder = folder;
  }

  async offer(task: TaskName, bytes: Uint8Array): Promise<void> {
    await this.#folder.put(bytes, 'tasks', taskFileName(task));
  }

  /** Take an attempt away before anybody begins it; false when somebody has. */
  async withdraw(task: TaskName): Promise<boolean> {
    const name = attemptName(task.id, task.number);
    if (!(await this.#folder.claim(JSON.stringify({ holder: null }), 'leases', name))) return false;
    await this.#folder.remove('tasks', taskFileName(task));
    return true;
  }

  async askToStop({ id, number }: TaskName): Promise<void> {
    await this.#folder.put('', 'cancel', attemptName(id, number));
  }

  /** Whoever has claimed an attempt; null: nobody, or a driver that withdrew it. */
  async holderOf(id: string, number: number): Promise<string | null> {
    const lease = await this.#folder.read('leases', attemptName(id, number));
    if (lease === null) return null;
    try {
      return (JSON.parse(lease.toString('utf8')) as { readonly holder: string | null }).holder;
    } catch {
      return null;
    }
  }

  /** The result of a task; null when it is not there, not yet whole, or damaged. */
  async result(id: string): Promise<AttemptOutcome | null> {
    const bytes = await this.#folder.read('results', id);
    const decoded = bytes === null ? null : decodeOutcome(bytes);
    return decoded?.id === id ? decoded.outcome : null;
  }

  /** Put a result out of the way that nobody can read, or no other could be committed. */
  async removeResult(id: string): Promise<void> {
    await this.#folder.remove('results', id);
  }

  /** Why an attempt ended without a result; null when nothing says that it did. */
  async ended({ id, number }: TaskName): Promise<AttemptOutcome | null> {
    const bytes = await this.#folder.read('ended', attemptName(id, number));
    return bytes === null ? null : (decodeOutcome(bytes)?.outcome ?? null);
  }

  /** Either of them. */
  async outcome(task: TaskName): Promise<AttemptOutcome | null> {
    return (await this.result(task.id)) ?? (await this.ended(task));
  }
}
