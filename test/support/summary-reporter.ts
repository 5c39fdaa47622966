/** A vitest reporter whose very last line is `N passed, N failed`, for people and scripts that read only the end. */
import { DefaultReporter } from 'vitest/node';
import type { TestModule, TestRunEndReason, SerializedError } from 'vitest/node';

/** The counts as one line; a file that could not be run, or an error outside any test, counts as one failure. */
export function summaryLine(modules: readonly TestModule[], unhandledErrors: number): string {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failedHere += 1;
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
    failed += failedHere;
  }
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export class SummaryReporter extends DefaultReporter {
  override onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, unhandledErrors, reason);
    process.stdout.write(`${summaryLine(modules, unhandledErrors.length)}\n`);
  }
}
