import { accuraciesOf, differenceText, markdownTable, meanText, percent, rowOf } from './report-text.mjs';

/** @import { ComparePaired, Report } from './report-text.mjs' */

/** @typedef {{ readonly tasks: readonly (Report & { readonly name: string })[] }} Study */

/**
 * The table of a kept study: a row per task, with each method's accuracy, then the differences to one of them.
 *
 * @param {Study} study
 * @param {readonly string[]} methods
 * @param {string} against
 * @param {ComparePaired} compare
 * @returns {string} Markdown
 */
export function tableOfStudy({ tasks }, methods, against, compare) {
  const others = methods.filter((name) => name !== against);
  const rows = tasks.map((task) => [
    task.name,
    ...methods.map((name) => meanText(rowOf(task, name).testAccuracyLast)),
    ...others.map((name) =>
      differenceText(compare(accuraciesOf(rowOf(task, name)), accuraciesOf(rowOf(task, against)))),
    ),
  ]);
  const differences = others.map((name) => `\`${name}\` − \`${against}\``);
  return `${markdownTable(['task', ...methods.map((name) => `\`${name}\``), ...differences], rows)}\n\n${sourceOf(tasks)}`;
}

/** The source of the figures. @param {Study['tasks']} tasks */
function sourceOf(tasks) {
  const [first] = tasks;
  if (first === undefined) return '';
  const each = (/** @type {(task: Report) => string | number} */ of) =>
    [...new Set(tasks.map(of))].join(', ');
  const seeds = each(({ rows }) => rows[0]?.testAccuracyLast.n ?? 0);
  const taught = each(({ teacher }) => `${teacher.model} (${percent(teacher.testAccuracy)} %)`);
  const { config, engine, testImages } = first;
  const trained = `student ${each((task) => task.config.student.model)}, ${config.epochs} epochs, batches of ${config.batchSize}`;
  return `In brackets: 95 % intervals, paired over seeds. ${seeds} seeds, ${testImages.toLocaleString('en-US')} test images; teacher ${taught}, ${trained}; engine ${engine.name}.`;
}
