/** `twotime status`: how batches and runs stand. */
import { formatError, isTwotimeError } from '../../base/errors.ts';
import { toJson } from '../../base/json.ts';
import { statusOfFolder } from '../../pipeline/batch/status.ts';
import { statusText } from '../../report/status-text.ts';
import { STATUS_SCHEMA, type FolderStatus } from '../../results/index.ts';
import { EXIT } from '../exit-codes.ts';
import { paint, type Terminal } from '../terminal.ts';

export interface StatusOptions {
  readonly json?: boolean;
}

/** Folders that say nothing are told of, after the others were answered, with exit code 3. */
export async function statusCommand(
  folders: readonly string[],
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const found: FolderStatus[] = [];
  let refused = 0;
  for (const folder of folders) {
    try {
      found.push(await statusOfFolder(folder));
    } catch (error) {
      if (!isTwotimeError(error, 'InputRefused')) throw error;
      refused += 1;
      terminal.message(`${paint('error', 'red', terminal)}: ${formatError(error)}`);
    }
  }
  if (options.json === true) terminal.result(toJson({ schema: STATUS_SCHEMA, folders: found }));
  else if (found.length > 0) terminal.result(found.map(statusText).join('\n'));
  return refused > 0 ? EXIT.refused : EXIT.done;
}
