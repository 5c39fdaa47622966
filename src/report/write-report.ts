/** Have `report.txt` written. */
import { join } from 'node:path';
import type { WriteGroup } from '../data/index.ts';
import { textReport } from './text-report.ts';
import type { ReportInput } from './text-report.ts';

export async function putReport(files: WriteGroup, directory: string, input: ReportInput): Promise<void> {
  await files.put({ path: join(directory, 'report.txt'), content: textReport(input) });
}
