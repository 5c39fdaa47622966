/** `twotime doctor`: what this installation can do on this machine, and why not the rest. */
import { toJson } from '../../base/json.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from '../terminal.ts';
import { examineInstallation, type Finding } from '../../pipeline/doctor.ts';

export interface DoctorOptions {
  readonly json?: boolean;
}

export async function doctorCommand(options: DoctorOptions, terminal: Terminal): Promise<number> {
  const findings = await examineInstallation();
  if (options.json === true) terminal.result(toJson({ findings }));
  else terminal.result(findings.map((finding) => formatFinding(finding, terminal)).join('\n'));
  return findings.some(({ state }) => state === 'broken') ? EXIT.failed : EXIT.done;
}

function formatFinding({ subject, state, text }: Finding, terminal: Terminal): string {
  const mark = { ok: 'ok', absent: 'absent', broken: paint('BROKEN', 'red', terminal) }[state];
  return `${subject.padEnd(14)}${mark.padEnd(8)}${text}`;
}
