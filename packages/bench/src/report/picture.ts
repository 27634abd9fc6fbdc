import { accuracyPlot } from './accuracy-plot.js';
import { renderPlotOnPaper } from './plot.js';
import { accuracyWords } from './plots.js';
import type { Report } from './report-data.js';

/** Width of the plot, pixels: with its names and numbers beside it, it fits a GitHub page. */
const WIDTH = 520;

/** A report's accuracies as a picture for a document: means with intervals, seeds as dots. White background, legible on dark pages. */
export async function reportPicture(
  report: Pick<Report, 'rows' | 'teacher'>,
): Promise<{ readonly svg: string; readonly words: string }> {
  return {
    svg: await renderPlotOnPaper(accuracyPlot({ race: null, ...report }, WIDTH, false)),
    words: accuracyWords(report),
  };
}
