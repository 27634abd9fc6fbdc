import {
  accuraciesOf,
  differenceText,
  markdownTable,
  meanText,
  percent,
  rowOf,
  trainingText,
} from './report-text.mjs';

/** @import { ComparePaired, Report } from './report-text.mjs' */

/** @typedef {{ readonly tasks: readonly (Report & { readonly name: string })[] }} Study */

/**
 * The table of a kept study: a row per task, with each method's accuracy, then the differences to one of them.
 *
 * @param {Study} study
 * @param {readonly string[]} asked methods; none means those of the first task
 * @param {string} against
 * @param {ComparePaired} compare
 * @returns {string} Markdown
 */
export function tableOfStudy({ tasks }, asked, against, compare) {
  const methods = asked.length > 0 ? asked : (tasks[0]?.rows ?? []).map(({ method }) => method);
  const others = methods.filter((name) => name !== against);
  const rows = tasks.map((task) => [
    task.name,
    ...methods.map((name) => meanText(rowOf(task, name).testAccuracyLast)),
    ...others.map((name) =>
      differenceText(compare(accuraciesOf(rowOf(task, name)), accuraciesOf(rowOf(task, against)))),
    ),
  ]);
  const differences = others.map((name) => `\`${name}\` − \`${against}\``);
  return `${markdownTable(['task', ...methods.map((name) => `\`${name}\``), ...differences], rows)}\n\n${sourceOf(tasks, methods)}`;
}

/** The source of the figures. @param {Study['tasks']} tasks @param {readonly string[]} methods */
function sourceOf(tasks, methods) {
  const [first] = tasks;
  if (first === undefined) return '';
  const each = (/** @type {(task: Report) => string | number} */ of) =>
    [...new Set(tasks.map(of))].join(', ');
  const counts = tasks.flatMap((task) => methods.map((name) => rowOf(task, name).testAccuracyLast.n));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? String(most) : `${least} to ${most}`;
  const taught = each(({ teacher }) => `${teacher.model} (${percent(teacher.testAccuracy)} %)`);
  const trained = `student ${each(({ config }) => config.student.model)}, ${each(({ config }) => trainingText(config))}`;
  const images = each((task) => task.testImages.toLocaleString('en-US'));
  return `In brackets: 95 % intervals, paired over seeds. ${seeds} seeds, ${images} test images; teacher ${taught}, ${trained}; engine ${each(({ engine }) => engine.name)}.`;
}
