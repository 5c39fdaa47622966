/** What the predictive check adds to the verdict: draws that do not describe the data are not those of their posterior. */
import type { Verdict, VerdictLevel } from '../sampling/index.ts';
import type { PosteriorPredictive } from './predictive.ts';

/**
 * Share of all points within their 95 % intervals. σ is that of the residuals, so even a wrong model keeps most points inside;
 * correlated speckle noise moves whole cuts, which costs some.
 */
const WITHIN_95 = { good: 0.8, usable: 0.5 };

/** The verdict with the finding of the check, if there is one, in front of what is not worse. */
export function judgePredictive(verdict: Verdict, { angles }: PosteriorPredictive): Verdict {
  const points = angles.reduce((sum, one) => sum + one.points, 0);
  const inside = angles.reduce((sum, one) => sum + (one.points === 0 ? 0 : one.points * one.within95), 0);
  const share = inside / points;
  if (!(share < WITHIN_95.good)) return verdict;
  const level: VerdictLevel = share < WITHIN_95.usable ? 'do-not-report' : 'check';
  const text =
    `the draws do not describe the data: ${Math.round(100 * share)} % of the points looked at lie within their 95 % ` +
    'predictive intervals; compare with likelihood: independent, use a longer window, or fix what the data leave open';
  const worse = verdict.findings.filter((one) => one.level === 'do-not-report' && level === 'check');
  const rest = verdict.findings.slice(worse.length);
  const findings = [...worse, { level, text }, ...rest];
  return { ...verdict, level: findings[0]!.level, findings };
}
