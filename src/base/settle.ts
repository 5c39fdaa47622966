/** Wait for tasks that run side by side so that none is left running behind an error. */

/** Resolves when all tasks have come to rest; then rejects with the failure of the first one listed that failed. */
export async function settleAll(tasks: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(tasks);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
