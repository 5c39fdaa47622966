/** Write `report.txt`. */
import { join } from 'node:path';
import { writeFileAtomically } from '../data/index.ts';
import { textReport } from './text-report.ts';
import type { ReportInput } from './text-report.ts';

export async function writeReport(directory: string, input: ReportInput): Promise<void> {
  await writeFileAtomically(join(directory, 'report.txt'), textReport(input));
}
