import { differenceText, markdownTable, trainingText } from './report-text.mjs';

/** @import { ComparePaired, Report } from './report-text.mjs' */

/**
 * @typedef {{ readonly options: Readonly<Record<string, unknown>>, readonly validationAccuracy: { readonly mean: number } | null }} Trial
 * @typedef {{ readonly method: string, readonly seeds: readonly number[], readonly trials: readonly Trial[], readonly chosen: number | null }} Tuning
 */

/**
 * The effect of each option of a tuned method: a row per option and pair of neighbouring values, with the mean difference over all trials
 * that differ in nothing else.
 *
 * @param {Report} kept
 * @param {string} method
 * @param {ComparePaired} compare
 * @returns {string} Markdown
 */
export function tableOfTrials(kept, method, compare) {
  const tuning = kept.tuning?.find((each) => each.method === method);
  if (tuning === undefined) throw new Error(`the report has no trials of '${method}'`);
  const rows = optionsOf(tuning).flatMap(({ option, values }) =>
    values.slice(1).flatMap((value, before) => {
      const [low, high] = [values[before], value].map((wanted) => accuraciesWith(tuning, option, wanted));
      const difference = compare(high ?? new Map(), low ?? new Map());
      const change = `\`${option}\`: ${shown(values[before])} → ${shown(value)}`;
      return difference === null
        ? []
        : [[change, String(difference.seeds?.length ?? 0), differenceText(difference)]];
    }),
  );
  const table = markdownTable(['change', 'pairs of trials', 'validation accuracy, points'], rows);
  return `${table}\n\n${sourceOfTrials(kept, tuning)}`;
}

/** @param {Report} kept @param {Tuning} tuning */
function sourceOfTrials({ config, engine, teacher }, { trials, seeds, chosen }) {
  const seedText = seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`;
  const best = chosen === null ? '' : ` The best trial is ${JSON.stringify(trials[chosen]?.options)}.`;
  const trained = `teacher ${teacher.model}, student ${config.student.model}, ${trainingText(config)}`;
  return `In brackets: 95 % intervals over pairs of trials that differ in this option alone. ${trials.length} trials, ${seedText} each; ${trained}; engine ${engine.name}.${best}`;
}

/** A value as text. @param {string} [json] */
const shown = (json = '') => json.replaceAll('"', '');

/** The varied options, with their values in trial order. @param {Tuning} tuning */
function optionsOf({ trials }) {
  const names = [...new Set(trials.flatMap(({ options }) => Object.keys(options)))];
  return names.map((option) => ({
    option,
    // Lists are equal where their contents are.
    values: [
      ...new Set(
        trials.flatMap(({ options }) => (option in options ? [JSON.stringify(options[option])] : [])),
      ),
    ],
  }));
}

/**
 * Accuracies of the trials with this value, keyed by the number of their combination of all other options.
 *
 * @param {Tuning} tuning @param {string} option @param {string | undefined} wanted as JSON
 * @returns {ReadonlyMap<number, number>}
 */
function accuraciesWith({ trials }, option, wanted) {
  const settings = trials.map(({ options }) => JSON.stringify({ ...options, [option]: null }));
  return new Map(
    trials.flatMap(({ options, validationAccuracy }, at) =>
      JSON.stringify(options[option]) === wanted && validationAccuracy !== null
        ? [[settings.indexOf(settings[at] ?? ''), validationAccuracy.mean]]
        : [],
    ),
  );
}
