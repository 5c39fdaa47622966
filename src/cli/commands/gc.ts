/** `twotime gc`: remove what killed processes left behind. */
import { toJson } from '../../base/json.ts';
import { collectLeftovers } from '../../pipeline/leftovers.ts';
import { leftoversText } from '../../report/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

export interface GcOptions {
  readonly dryRun: boolean;
  readonly json?: boolean;
}

export async function gcCommand(folders: readonly string[], options: GcOptions, terminal: Terminal): Promise<number> {
  const record = await collectLeftovers(folders, !options.dryRun);
  terminal.result(options.json === true ? toJson(record) : leftoversText(record));
  return EXIT.done;
}
