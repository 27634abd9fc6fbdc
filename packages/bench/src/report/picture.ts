import { accuracyPlot } from './accuracy-plot.js';
import { renderPlotOnPaper } from './plot.js';
import { accuracyWords } from './plots.js';
import type { Report } from './report-data.js';

/** What stands beside the plot itself, names and figures, has room within a page of GitHub at this width. */
const WIDTH = 520;

/** A report's accuracies as a picture for a document: means with intervals, seeds as dots; on white, so that dark pages show it too. */
export async function reportPicture(
  report: Pick<Report, 'rows' | 'teacher'>,
): Promise<{ readonly svg: string; readonly words: string }> {
  return {
    svg: await renderPlotOnPaper(accuracyPlot({ race: null, ...report }, WIDTH, false)),
    words: accuracyWords(report),
  };
}
