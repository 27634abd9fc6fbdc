/*
 * The types of a kept report, and its figures as text.
 */

/**
 * @typedef {{ readonly n: number, readonly mean: number, readonly sd: number | null, readonly ci95: readonly [number, number] | null }} Summary
 * @typedef {{ readonly seeds?: readonly number[], readonly mean: number, readonly ci95: readonly [number, number] | null, readonly p: number | null }} Difference
 * @typedef {{ readonly method: string, readonly options?: object, readonly testAccuracyLast: Summary, readonly deltaVsKd: Difference | null, readonly deltaVsStudent: Difference | null, readonly perSeed?: readonly { readonly seed: number, readonly testAccuracyLast: number, readonly ensembleAccuracyLast?: number }[] }} Row
 * @typedef {(first: ReadonlyMap<number, number>, second: ReadonlyMap<number, number>) => Difference | null} ComparePaired
 * @typedef {{ readonly schema: number, readonly config: any, readonly environment?: any, readonly engine: any, readonly teacher: any, readonly rows: readonly Row[], readonly testImages: number,
 *   readonly tuning?: readonly import('./trials-table.mjs').Tuning[] }} Report
 */

/** @param {number} share */
export const percent = (share) => (100 * share).toFixed(2);
/** @param {number} share */
function signed(share) {
  const text = percent(Math.abs(share));
  // The sign of 0.00 is meaningless.
  return Number(text) === 0 ? text : `${share < 0 ? '−' : '+'}${text}`;
}

/** @param {Summary} summary */
export const meanText = ({ mean, sd }) => (sd === null ? percent(mean) : `${percent(mean)} ± ${percent(sd)}`);

/** @param {Difference | null} difference */
export function differenceText(difference) {
  if (difference === null) return '';
  const { mean, ci95 } = difference;
  return ci95 === null ? signed(mean) : `${signed(mean)} (${signed(ci95[0])} to ${signed(ci95[1])})`;
}

/** The epochs and batches of a run, and the number of augmentations of each image where it is fixed. @param {any} config */
export function trainingText({ epochs, batchSize, teacher, augmentation }) {
  const isFixed = teacher?.views !== undefined && (augmentation?.padCrop > 0 || augmentation?.flip === true);
  const views = isFixed ? `, ${teacher.views} augmentations of each image` : '';
  return `${epochs} epochs, batches of ${batchSize}${views}`;
}

/** @param {Report} kept @param {string} name @returns {Row} */
export function rowOf(kept, name) {
  const row = kept.rows.find(({ method }) => method === name);
  if (row === undefined) throw new Error(`the report has no method '${name}'`);
  return row;
}

/** Accuracies by seed. @param {Row | undefined} row @returns {ReadonlyMap<number, number>} */
export const accuraciesOf = (row) =>
  new Map(row?.perSeed?.map(({ seed, testAccuracyLast }) => [seed, testAccuracyLast]));

/** Ends the name that asks for the ensemble of the networks of a method. */
const ENSEMBLE = ':ensemble';

/** A row's name in a table. @param {string} name */
export const shownName = (name) =>
  name.endsWith(ENSEMBLE) ? `\`${name.slice(0, -ENSEMBLE.length)}\`, ensemble` : `\`${name}\``;

/**
 * A kept report with a further row, `METHOD:ensemble`, for each such name.
 *
 * @param {Report} kept
 * @param {readonly string[]} names
 * @param {{ readonly summarize: (values: readonly number[]) => Summary, readonly comparePaired: ComparePaired }} statistics
 * @returns {Report}
 */
export function withEnsembles(kept, names, { summarize, comparePaired }) {
  const asked = names.filter((name) => name.endsWith(ENSEMBLE));
  const versus = (/** @type {ReadonlyMap<number, number>} */ accuracies, /** @type {string} */ other) => {
    const row = kept.rows.find(({ method }) => method === other);
    return row === undefined ? null : comparePaired(accuracies, accuraciesOf(row));
  };
  const rows = asked.map((method) => {
    const row = rowOf(kept, method.slice(0, -ENSEMBLE.length));
    const perSeed = (row.perSeed ?? []).map(({ seed, ensembleAccuracyLast }) => {
      if (ensembleAccuracyLast === undefined)
        throw new Error(`the report has no '${method}' of seed ${seed}`);
      return { seed, testAccuracyLast: ensembleAccuracyLast };
    });
    const accuracies = accuraciesOf({ ...row, perSeed });
    return {
      ...row,
      method,
      perSeed,
      testAccuracyLast: summarize([...accuracies.values()]),
      deltaVsKd: versus(accuracies, 'kd'),
      deltaVsStudent: versus(accuracies, 'student'),
    };
  });
  return { ...kept, rows: [...kept.rows, ...rows] };
}

/**
 * A table whose first column is of names, and all others of figures.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export const markdownTable = (head, rows) =>
  [head, head.map((_, at) => (at === 0 ? ':--' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
