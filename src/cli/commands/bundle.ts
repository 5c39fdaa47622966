/** `twotime bundle`: a finished run as one file for a co-author. */
import { basename, resolve } from 'node:path';
import { toJson } from '../../base/json.ts';
import { bundleRun } from '../../pipeline/bundle-run.ts';
import { bundleText } from '../../report/index.ts';
import { EXIT } from '../exit-codes.ts';
import { refuseExisting } from '../new-file.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface BundleOptions {
  readonly output?: string;
  readonly arrays: boolean;
  readonly force: boolean;
  readonly json?: boolean;
}

export async function bundleCommand(run: string, options: BundleOptions, terminal: Terminal): Promise<number> {
  const output = options.output ?? `${basename(resolve(run))}.zip`;
  await refuseExisting(output, options.force);
  const request = { run, output, withoutArrays: !options.arrays };
  const manifest = await stoppable(terminal.message, (signal) =>
    bundleRun(request, {
      signal,
      progress: (event) => {
        if (event.kind === 'progress')
          terminal.status(`${event.stage} ${event.done}/${event.total}  ${event.text ?? ''}`);
      },
    }),
  );
  terminal.status('');
  terminal.result(options.json === true ? toJson(manifest) : bundleText(manifest, output));
  return EXIT.done;
}
