/** `twotime design`: the errors a fit will have, before there are data. */
import { toJson } from '../../base/json.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { runDesign } from '../../pipeline/design-run.ts';
import { designTable, designText } from '../../report/index.ts';
import { DESIGN_SCHEMA, type DesignRecord } from '../../results/index.ts';
import { EXIT } from '../exit-codes.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import { paint, type Terminal } from '../terminal.ts';

export interface DesignOptions {
  readonly config: string;
  readonly speckles?: string;
  readonly photonNoise?: string;
  readonly photons?: string;
  readonly vary: readonly string[];
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function designCommand(options: DesignOptions, terminal: Terminal): Promise<number> {
  const { config, set, vary, speckles, photonNoise, photons } = options;
  const log = new EventLog();
  log.listen(progressListener(terminal, false));
  const request = { config, set, vary, noise: { speckles, photonNoise, photons } };
  const records = await stoppable(terminal.message, (signal) =>
    runDesign(request, { signal, progress: vary.length > 0 ? log.record : undefined }),
  );
  terminal.status('');
  if (options.json === true) {
    terminal.result(toJson({ schema: DESIGN_SCHEMA, designs: records }));
    return EXIT.done;
  }
  for (const record of records) tellWarnings(record, terminal);
  terminal.result(vary.length > 0 ? designTable(records) : records.map(designText).join('\n'));
  return EXIT.done;
}

function tellWarnings({ variation, warnings }: DesignRecord, terminal: Terminal): void {
  const which = Object.entries(variation).map(([name, value]) => `${name}=${value}`);
  const place = which.length === 0 ? '' : `${which.join(' ')}: `;
  for (const { code, text } of warnings) {
    terminal.message(`${paint('warning', 'yellow', terminal)}[${code}]: ${place}${text}`);
  }
}
