/** Files that change between the plan of a batch and the fit are refused. */
import { stat } from 'node:fs/promises';
import { InputRefused } from '../../base/errors.ts';
import type { JobRecord } from '../../results/index.ts';

export type FileState = Pick<JobRecord, 'file' | 'path' | 'size' | 'modified'>;

export async function refuseChangedFile({ file, path, size, modified }: FileState): Promise<void> {
  const now = await stat(path).catch(() => null);
  if (now === null || size === null || (now.size === size && now.mtimeMs === modified)) return;
  throw new InputRefused('the file changed after the batch was planned', {
    where: { file },
    help: 'wait until writing it has finished, then run the same command again',
  });
}
