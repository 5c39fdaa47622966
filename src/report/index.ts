/** Reports for people: `report.txt`, the summary on the terminal, figures as files. */
export { strongCorrelations } from './correlations.ts';
export type { Correlation, NamedCovariance } from './correlations.ts';
export { checkResult } from './checks.ts';
export type { Check } from './checks.ts';
export { consoleSummary } from './summary.ts';
export { textReport } from './text-report.ts';
export type { ReportInput } from './text-report.ts';
