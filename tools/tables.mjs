import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { withAdded } from './added-report.mjs';
import { keptExplained, tableOfExplained } from './explained-table.mjs';
import { pictureOfGains, wordsOfGains } from './gains-picture.mjs';
import { gainsAsked, gainsOf, tableOfGains } from './gains-table.mjs';
import { keptMetrics, tableOfMetrics } from './metrics-table.mjs';
import { report } from './problem.mjs';
import {
  accuraciesOf,
  differenceText,
  markdownTable,
  meanText,
  percent,
  rowOf,
  shownName,
  trainingText,
  withEnsembles,
} from './report-text.mjs';
import { tableOfStudy } from './study-table.mjs';
import { tableOfTrials } from './trials-table.mjs';
import { packageFolders } from './workspace.mjs';

/** @import { Problem } from './problem.mjs' */
/** @import { ComparePaired, Report, Row } from './report-text.mjs' */

/*
 * Tables in Markdown are generated from reports kept in the repository. A table's place is marked by
 *
 *   <!-- table: packages/bench/reports/NAME.json student kd mhgd -->
 *   <!-- /table -->
 *
 * with the methods in row order; without any, all methods of the report. `vs:METHOD` among them adds a column of differences to that method,
 * paired over seeds. `METHOD:ensemble` is the ensemble of a method's networks. For what `explain` found, methods restrict the table to their rows. For a study, methods are columns, and differences are to `kd` or the METHOD of `vs:`. A picture of the report's
 * accuracies is marked by
 *
 *   <!-- picture: packages/bench/reports/NAME.json -->
 *   <!-- /picture -->
 *
 * and is kept beside the report as NAME.svg. Gains of methods over `kd` in several comparisons are marked by
 *
 *   <!-- gains: NAME="LABEL" NAME="LABEL" methods: mhgd rtk -->
 *   <!-- /gains -->
 *
 * and drawn, into FILE.svg beside the reports, by
 *
 *   <!-- gains-picture: FILE NAME="LABEL" NAME="LABEL" methods: mhgd rtk -->
 *   <!-- /gains-picture -->
 *
 * The effect of each option of a tuned method on validation images is marked by
 *
 *   <!-- trials: packages/bench/reports/NAME.json METHOD -->
 *   <!-- /trials -->
 *
 * `npm run tables` writes tables and pictures; with --check it only lists those that differ. `--keep RUN/report/report.json NAME` (or
 * explain.json, metrics.json) first copies a report; with `--add` its seeds and methods are added to the kept one.
 */

/** Where reports are kept. */
const KEPT = 'packages/bench/reports';

const TABLE = /<!-- table: (?<file>\S+)(?<methods>(?: [^\s]+)*?) -->\n[\s\S]*?<!-- \/table -->/g;

const GAINS = /<!-- gains: (?<asked>[^>]+) -->\n[\s\S]*?<!-- \/gains -->/g;

const GAINS_PICTURE =
  /<!-- gains-picture: (?<file>[\w-]+) (?<asked>[^>]+) -->\n[\s\S]*?<!-- \/gains-picture -->/g;

const TRIALS = /<!-- trials: (?<file>\S+) (?<method>\S+) -->\n[\s\S]*?<!-- \/trials -->/g;

const PICTURE = /<!-- picture: (?<file>\S+) -->\n[\s\S]*?<!-- \/picture -->/g;

/**
 * @param {Report} kept
 * @param {readonly string[]} columns methods of the rows, and `vs:METHOD` for those of further columns
 * @param {ComparePaired} [compare] needed only for further columns
 * @returns {string} Markdown
 */
export function tableOf(kept, columns, compare) {
  const { others } = columnsOf(columns);
  const rows = rowsOf(kept, columns);
  const differences = [
    { against: 'kd', of: (/** @type {Row} */ row) => row.deltaVsKd },
    { against: 'student', of: (/** @type {Row} */ row) => row.deltaVsStudent },
    ...others.map((against) => {
      const other = rowOf(kept, against);
      const of = (/** @type {Row} */ row) =>
        row === other ? null : (compare?.(accuraciesOf(row), accuraciesOf(other)) ?? null);
      return { against, of };
    }),
  ].filter(({ against }) => kept.rows.some(({ method }) => method === against));
  const lines = rows.map((row) => [
    shownName(row.method),
    meanText(row.testAccuracyLast),
    intervalText(row.testAccuracyLast),
    ...differences.map(({ of }) => differenceText(of(row))),
  ]);
  const against = differences.map(({ against }) => `against ${shownName(against)}`);
  return markdownTable(['method', 'test %, mean ± sd', '95 % interval', ...against], lines);
}

/** @param {Row['testAccuracyLast']} summary */
const intervalText = ({ ci95 }) => (ci95 === null ? '' : `${percent(ci95[0])} to ${percent(ci95[1])}`);

/** Prefix that requests a column of differences to a method. */
const VERSUS = 'vs:';

/** @param {readonly string[]} columns */
const columnsOf = (columns) => ({
  methods: columns.filter((name) => !name.startsWith(VERSUS)),
  others: columns.filter((name) => name.startsWith(VERSUS)).map((name) => name.slice(VERSUS.length)),
});

/** The rows of a table. @param {Report} kept @param {readonly string[]} columns */
function rowsOf(kept, columns) {
  const { methods } = columnsOf(columns);
  const names = methods.length > 0 ? methods : kept.rows.map(({ method }) => method);
  return names.map((name) => rowOf(kept, name));
}

/**
 * The source of the figures, in a sentence under the table.
 *
 * @param {Report} kept
 * @param {readonly string[]} columns
 */
export function sourceOf(kept, columns) {
  const { config, engine, teacher, testImages } = kept;
  const counts = rowsOf(kept, columns).map(({ testAccuracyLast }) => testAccuracyLast.n);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? String(most) : `${least} to ${most}`;
  const taught = `teacher ${teacher.model} (${percent(teacher.testAccuracy)} %)`;
  const trained = `student ${config.student.model}, ${trainingText(config)}`;
  const common =
    least === most ? '' : ' Differences are over the seeds that both methods have; the means are over all.';
  return `${seeds} seeds, ${testImages.toLocaleString('en-US')} test images; ${taught}, ${trained}; engine ${engine.name}.${common}`;
}

/** @param {string} root @param {string} file */
const readKept = (root, file) => /** @type {Report} */ (JSON.parse(readFileSync(join(root, file), 'utf8')));

/**
 * A document with its tables and pictures regenerated from their reports.
 *
 * @param {string} root
 * @param {string} path of the document
 * @param {Draw} draw
 */
export async function withTables(root, path, draw) {
  const text = readFileSync(path, 'utf8');
  const options = { ...(await resolveConfig(path)), parser: 'markdown' };
  const tables = await replaced(text, TABLE, async ({ file = '', methods = '' }) => {
    const kept = readKept(root, file);
    const columns = methods.split(' ').filter(Boolean);
    const table = await tableOfKept(kept, columns);
    return `<!-- table: ${file}${methods} -->\n\n${await format(table, options)}\n<!-- /table -->`;
  });
  const gains = await replaced(tables, GAINS, async ({ asked = '' }) => {
    const { found, methods } = await gainsFound(root, asked);
    return `<!-- gains: ${asked} -->\n\n${await format(tableOfGains(found, methods), options)}\n<!-- /gains -->`;
  });
  const trials = await replaced(gains, TRIALS, async ({ file = '', method = '' }) => {
    const { comparePaired } = await loadStatistics();
    const table = await format(tableOfTrials(readKept(root, file), method, comparePaired), options);
    return `<!-- trials: ${file} ${method} -->\n\n${table}\n<!-- /trials -->`;
  });
  /** @type {Map<string, string>} */
  const pictures = new Map();
  const shown = (
    /** @type {string} */ picture,
    /** @type {{ svg: string, words: string }} */ { svg, words },
  ) => {
    pictures.set(join(root, picture), svg);
    return `![${words}](${relative(dirname(path), join(root, picture)).split(sep).join('/')})`;
  };
  const drawn = await replaced(trials, GAINS_PICTURE, async ({ file = '', asked = '' }) => {
    const { found, methods } = await gainsFound(root, asked);
    const { renderPlotOnPaper } = await loadPlot();
    const svg = await renderPlotOnPaper(pictureOfGains(found, methods));
    const image = shown(`${KEPT}/${file}.svg`, { svg, words: wordsOfGains(found, methods) });
    return `<!-- gains-picture: ${file} ${asked} -->\n\n${image}\n\n<!-- /gains-picture -->`;
  });
  const result = await replaced(drawn, PICTURE, async ({ file = '' }) => {
    const image = shown(file.replace(/\.json$/, '.svg'), await draw(readKept(root, file)));
    return `<!-- picture: ${file} -->\n\n${image}\n\n<!-- /picture -->`;
  });
  return { text, result, pictures };
}

/** The gains that a mark asks for. @param {string} root @param {string} asked */
async function gainsFound(root, asked) {
  const { columns, methods } = gainsAsked(asked);
  const { comparePaired } = await loadStatistics();
  const comparisons = columns.map(({ names, label }) => ({
    label,
    reports: names.map((name) => readKept(root, `${KEPT}/${name}.json`)),
  }));
  return { found: gainsOf(comparisons, methods, comparePaired), methods };
}

/** @param {any} kept @param {readonly string[]} columns @returns {Promise<string>} Markdown */
async function tableOfKept(kept, columns) {
  if ('summaries' in kept) return tableOfExplained(kept, columns);
  if ('networks' in kept) return tableOfMetrics(kept, columns, await loadStatistics());
  const { methods, others } = columnsOf(columns);
  const statistics = await loadStatistics();
  if ('tasks' in kept) return tableOfStudy(kept, methods, others[0] ?? 'kd', statistics.comparePaired);
  const whole = withEnsembles(kept, [...methods, ...others], statistics);
  return `${tableOf(whole, columns, statistics.comparePaired)}\n\n${sourceOf(whole, columns)}`;
}

/** @typedef {(kept: Report) => Promise<{ readonly svg: string, readonly words: string }>} Draw */

/**
 * @param {string} text
 * @param {RegExp} pattern
 * @param {(groups: Record<string, string | undefined>) => Promise<string>} by
 */
async function replaced(text, pattern, by) {
  let result = '';
  let end = 0;
  for (const { 0: whole, index, groups = {} } of text.matchAll(pattern)) {
    result += text.slice(end, index) + (await by(groups));
    end = index + whole.length;
  }
  return result + text.slice(end);
}

/** A part of the bench, from its current sources, bundled when first needed. @param {string} source */
function benchPart(source) {
  /** @type {Promise<any> | undefined} */
  let loaded;
  const load = async () => {
    const { bundled } = await import('../packages/bench/test/bundle.mjs');
    const name = basename(source, '.ts');
    const folder = await bundled({ [name]: join(import.meta.dirname, '../packages/bench/src', source) });
    // Parts of it are loaded when the first plot is drawn.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return import(pathToFileURL(join(folder, `${name}.mjs`)).href);
  };
  return () => (loaded ??= load());
}

/** The bench's own plot. @returns {Draw} */
export function benchDrawing() {
  const load = benchPart('report/picture.ts');
  return async (kept) => (await load()).reportPicture(kept);
}

const loadStatistics = benchPart('statistics/index.ts');
const loadPlot = benchPart('report/plot.ts');

/** Documents that may have tables. @param {string} root */
const documentsOf = (root) => [
  join(root, 'README.md'),
  ...['docs', 'docs/techniques']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .filter((path) => path.endsWith('.md')),
  ...packageFolders(root).map((name) => join(root, 'packages', name, 'README.md')),
];

/**
 * Tables and pictures that differ from their reports.
 *
 * @param {string} root
 * @param {Draw} draw
 */
export async function checkTables(root, draw = benchDrawing()) {
  /** @type {Problem[]} */
  const problems = [];
  for (const path of documentsOf(root).filter(existsSync)) {
    const where = relative(root, path);
    try {
      const { text, result, pictures } = await withTables(root, path, draw);
      const hint = 'Run npm run tables.';
      if (text !== result)
        problems.push({
          where,
          expected: 'the figures of the report that a table names',
          got: 'others',
          hint,
        });
      for (const [file, svg] of pictures)
        if (!existsSync(file) || readFileSync(file, 'utf8') !== svg)
          problems.push({
            where: relative(root, file),
            expected: "its report's picture",
            got: 'another',
            hint,
          });
    } catch (error) {
      const got = `an error: ${/** @type {Error} */ (error).message}`;
      problems.push({ where, expected: 'a table that can be made', got, hint: 'See tools/tables.mjs.' });
    }
  }
  return problems;
}

/**
 * Copies a report into the repository, without paths of the machine that made it and data that only its pages draw.
 *
 * @param {string} root
 * @param {string} from path of a report.json or explain.json
 * @param {string} name
 * @param {boolean} isAdded whether to add to the report kept under this name
 */
async function keep(root, from, name, isAdded) {
  const given = JSON.parse(readFileSync(from, 'utf8'));
  const file = join(root, KEPT, `${basename(name, '.json')}.json`);
  const read = (/** @type {string} */ path) =>
    JSON.parse(readFileSync(join(dirname(from), '..', path), 'utf8'));
  const found =
    'summaries' in given
      ? keptExplained(given, { config: read('config.json'), teacher: read('teacher/result.json') })
      : 'networks' in given
        ? keptMetrics(given, read('config.json'))
        : 'tasks' in given
          ? keptStudy(given, (task) => read(`tasks/${task}/report/report.json`))
          : keptReport(given);
  const kept = isAdded
    ? withAdded(readKept('', file), /** @type {Report} */ (found), await loadStatistics())
    : found;
  mkdirSync(dirname(file), { recursive: true });
  const options = { ...(await resolveConfig(file)), parser: 'json' };
  writeFileSync(file, await format(JSON.stringify(kept), options));
}

/**
 * @param {{ readonly schema: number, readonly tasks: readonly { readonly name: string }[] }} given a study's report.json
 * @param {(task: string) => any} read a task's own
 */
const keptStudy = ({ schema, tasks }, read) => ({
  schema,
  tasks: tasks.map(({ name }) => ({ name, ...keptReport(read(name)) })),
});

/** @param {any} given a report.json @returns {Report} */
function keptReport({ schema, config, engine, teacher, rows, testImages, tuning = [] }) {
  const { dir, ...dataset } = config.dataset;
  const { path, ...taught } = config.teacher;
  return {
    schema,
    config: {
      ...config,
      dataset: dir === undefined ? dataset : { ...dataset, dir: 'DIR' },
      teacher: path === undefined ? taught : { ...taught, path: 'TEACHER' },
    },
    engine,
    teacher: { model: teacher.model, testAccuracy: teacher.testAccuracy, parameters: teacher.parameters },
    rows: rows.map((/** @type {any} */ row) => ({
      method: row.method,
      options: row.options,
      ...{ seeds: row.seeds, testAccuracyLast: row.testAccuracyLast },
      ...{ deltaVsKd: row.deltaVsKd, deltaVsStudent: row.deltaVsStudent },
      perSeed: row.perSeed.map((/** @type {any} */ { seed, testAccuracyLast, ensembleAccuracyLast }) => ({
        ...{ seed, testAccuracyLast },
        ...(ensembleAccuracyLast === null ? {} : { ensembleAccuracyLast }),
      })),
    })),
    testImages,
    ...(tuning.length === 0 ? {} : { tuning: tuning.map(keptTuning) }),
  };
}

/** @param {any} tuning of a report.json */
const keptTuning = ({ method, seeds, trials, chosen }) => ({
  ...{ method, seeds },
  trials: trials.map((/** @type {any} */ { options, validationAccuracy }) => ({
    options,
    validationAccuracy,
  })),
  chosen,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(import.meta.dirname, '..');
  const [flag, from, name] = process.argv.slice(2);
  if (flag === '--check') report('tables', await checkTables(root));
  else {
    const isKept = flag === '--keep' || flag === '--add';
    if (isKept && from !== undefined && name !== undefined) await keep(root, from, name, flag === '--add');
    const draw = benchDrawing();
    for (const path of documentsOf(root).filter(existsSync)) {
      const { text, result, pictures } = await withTables(root, path, draw);
      if (text !== result) writeFileSync(path, result);
      for (const [file, svg] of pictures) writeFileSync(file, svg);
    }
  }
}
