import { caveats } from './caveats.js';
import { headline, verdicts } from './headline.js';
import { ranking } from './ranking.js';
import type { Report } from './report-data.js';

/** A report in plain words. */
export interface Findings {
  /** Who came out first. */
  readonly headline: string;
  /** Whether that is more than chance: against the baseline, and against the next. */
  readonly verdicts: readonly string[];
  /** What limits the numbers. */
  readonly caveats: readonly string[];
}

/** Says in words what a report shows. Accuracies are those after the last epoch. */
export function findings(report: Report): Findings {
  if (report.rows.length === 0)
    return { headline: 'No training is finished yet.', verdicts: [], caveats: [] };
  const ranked = ranking(report);
  return { headline: headline(ranked), verdicts: verdicts(ranked), caveats: caveats(report, ranked) };
}
