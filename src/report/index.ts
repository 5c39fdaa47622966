/**
 * Reports for people: `report.txt`, the summary on the terminal, and the figures as files.
 *
 * ```ts
 * await using files = writer.group();
 * const { warnings } = await putFigures(files, directory, { dataset, model, outcome, sigma: noise.sigma, shape, version });
 * await putReport(files, directory, { record, covariance: outcome.covariance, origins: dataset.source.origins });
 * await files.written();
 * for (const line of consoleSummary(record, directory)) console.error(line);
 * ```
 */
export { batchHtml } from './batch-html.ts';
export { batchText, countsText, dryRunText, failureLines } from './batch-text.ts';
export { checkResult } from './checks.ts';
export type { Check } from './checks.ts';
export { COMPARISON_FORMATS, comparisonText, rankingText } from './comparison-text.ts';
export type { ComparisonFormat } from './comparison-text.ts';
export { strongCorrelations } from './correlations.ts';
export type { Correlation, NamedCovariance } from './correlations.ts';
export { designTable, designText } from './design-text.ts';
export { EVENT_LEVELS, eventText, levelOf } from './event-text.ts';
export { posteriorSummary, posteriorText } from './posterior-text.ts';
export { provisionalText } from './provisional-text.ts';
export { rerunText } from './rerun-text.ts';
export { consoleSummary } from './summary.ts';
export { svgToPng } from './svg-to-png.ts';
export { textReport } from './text-report.ts';
export type { ReportInput } from './text-report.ts';
export { putFigures } from './write-figures.ts';
export type { FigureFiles, FigureFilesInput } from './write-figures.ts';
export { bundleText, leftoversText } from './upkeep-text.ts';
export { putReport } from './write-report.ts';
