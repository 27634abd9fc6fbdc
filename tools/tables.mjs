import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { withAdded } from './added-report.mjs';
import { keptExplained, tableOfExplained } from './explained-table.mjs';
import { report } from './problem.mjs';
import { packageFolders } from './workspace.mjs';

/** @import { Problem } from './problem.mjs' */

/*
 * Tables in Markdown come from reports that are kept in the repository. Where one stands is said by
 *
 *   <!-- table: packages/bench/reports/NAME.json student kd mhgd -->
 *   <!-- /table -->
 *
 * with the methods in the order of the rows, or all of the report without any. `vs:METHOD` among them adds a column of differences to that
 * method, paired over seeds. A picture of the report's accuracies stands at
 *
 *   <!-- picture: packages/bench/reports/NAME.json -->
 *   <!-- /picture -->
 *
 * and is kept beside the report as NAME.svg. `npm run tables` writes tables and pictures; with --check it only says which differ; with
 * `--keep RUN/report/report.json NAME` (or explain.json) it takes a report over first; with `--add` the kept one gets its seeds and methods.
 */

/**
 * @typedef {{ readonly n: number, readonly mean: number, readonly sd: number | null, readonly ci95: readonly [number, number] | null }} Summary
 * @typedef {{ readonly mean: number, readonly ci95: readonly [number, number] | null, readonly p: number | null }} Difference
 * @typedef {{ readonly method: string, readonly testAccuracyLast: Summary, readonly deltaVsKd: Difference | null, readonly deltaVsStudent: Difference | null, readonly perSeed?: readonly { readonly seed: number, readonly testAccuracyLast: number }[] }} Row
 * @typedef {(first: ReadonlyMap<number, number>, second: ReadonlyMap<number, number>) => Difference | null} ComparePaired
 * @typedef {{ readonly schema: number, readonly config: any, readonly environment?: any, readonly engine: any, readonly teacher: any, readonly rows: readonly Row[], readonly testImages: number }} Report
 */

const TABLE = /<!-- table: (?<file>\S+)(?<methods>(?: [^\s]+)*?) -->\n[\s\S]*?<!-- \/table -->/g;

const PICTURE = /<!-- picture: (?<file>\S+) -->\n[\s\S]*?<!-- \/picture -->/g;

/** @param {number} share */
const percent = (share) => (100 * share).toFixed(2);
/** @param {number} share */
const signed = (share) => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;

/** @param {Difference | null} difference */
function differenceText(difference) {
  if (difference === null) return '';
  const { mean, ci95 } = difference;
  return ci95 === null ? signed(mean) : `${signed(mean)} (${signed(ci95[0])} to ${signed(ci95[1])})`;
}

/**
 * @param {Report} kept
 * @param {readonly string[]} columns methods of the rows, and `vs:METHOD` for those of further columns
 * @param {ComparePaired} [compare] needed for further columns alone
 * @returns {string} Markdown
 */
export function tableOf(kept, columns, compare) {
  const others = columns.filter((name) => name.startsWith(VERSUS)).map((name) => name.slice(VERSUS.length));
  const rows = rowsOf(kept, columns);
  const bySeed = (/** @type {Row} */ row) =>
    new Map(row.perSeed?.map(({ seed, testAccuracyLast }) => [seed, testAccuracyLast]));
  const differences = [
    { against: 'kd', of: (/** @type {Row} */ row) => row.deltaVsKd },
    { against: 'student', of: (/** @type {Row} */ row) => row.deltaVsStudent },
    ...others.map((against) => {
      const other = rowOf(kept, against);
      const of = (/** @type {Row} */ row) =>
        row === other ? null : (compare?.(bySeed(row), bySeed(other)) ?? null);
      return { against, of };
    }),
  ].filter(({ against }) => kept.rows.some(({ method }) => method === against));
  const lines = rows.map((row) => {
    const { mean, sd, ci95 } = row.testAccuracyLast;
    const cells = [
      `\`${row.method}\``,
      sd === null ? percent(mean) : `${percent(mean)} ± ${percent(sd)}`,
      ci95 === null ? '' : `${percent(ci95[0])} to ${percent(ci95[1])}`,
      ...differences.map(({ of }) => differenceText(of(row))),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const against = differences.map(({ against }) => `against \`${against}\``);
  const head = ['method', 'test %, mean ± sd', '95 % interval', ...against];
  const marks = [':--', ...head.slice(1).map(() => '--:')];
  return [`| ${head.join(' | ')} |`, `| ${marks.join(' | ')} |`, ...lines].join('\n');
}

/** How a column of differences to a method is asked for. */
const VERSUS = 'vs:';

/** @param {Report} kept @param {string} name @returns {Row} */
function rowOf(kept, name) {
  const row = kept.rows.find(({ method }) => method === name);
  if (row === undefined) throw new Error(`the report has no method '${name}'`);
  return row;
}

/** The rows of a table. @param {Report} kept @param {readonly string[]} columns */
function rowsOf(kept, columns) {
  const methods = columns.filter((name) => !name.startsWith(VERSUS));
  const names = methods.length > 0 ? methods : kept.rows.map(({ method }) => method);
  return names.map((name) => rowOf(kept, name));
}

/**
 * What the figures are of, in a sentence under the table.
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
  const trained = `student ${config.student.model}, ${config.epochs} epochs, batches of ${config.batchSize}`;
  return `${seeds} seeds, ${testImages.toLocaleString('en-US')} test images; ${taught}, ${trained}; engine ${engine.name}.`;
}

/** @param {string} root @param {string} file */
const readKept = (root, file) => /** @type {Report} */ (JSON.parse(readFileSync(join(root, file), 'utf8')));

/**
 * A document with its tables and pictures as their reports have them.
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
    const table =
      'summaries' in kept
        ? tableOfExplained(/** @type {any} */ (kept))
        : `${tableOf(kept, columns, await comparison(methods))}\n\n${sourceOf(kept, columns)}`;
    return `<!-- table: ${file}${methods} -->\n\n${await format(table, options)}\n<!-- /table -->`;
  });
  /** @type {Map<string, string>} */
  const pictures = new Map();
  const result = await replaced(tables, PICTURE, async ({ file = '' }) => {
    const { svg, words } = await draw(readKept(root, file));
    const picture = file.replace(/\.json$/, '.svg');
    pictures.set(join(root, picture), svg);
    const link = relative(dirname(path), join(root, picture)).split(sep).join('/');
    return `<!-- picture: ${file} -->\n\n![${words}](${link})\n\n<!-- /picture -->`;
  });
  return { text, result, pictures };
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

/** A part of the bench, from its sources as they stand: bundled when it is first needed. @param {string} source */
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

/** The bench's own comparison, where a table has a column that needs it. @param {string} methods @returns {Promise<ComparePaired | undefined>} */
const comparison = async (methods) =>
  methods.includes(VERSUS) ? (await loadStatistics()).comparePaired : undefined;

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
 * Tables and pictures that are not those of their reports.
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
 * Takes a report over, without the places of the machine that made it and what only its pages draw.
 *
 * @param {string} root
 * @param {string} from path of a report.json or explain.json
 * @param {string} name
 * @param {boolean} isAdded whether what is kept under this name stays
 */
async function keep(root, from, name, isAdded) {
  const given = JSON.parse(readFileSync(from, 'utf8'));
  const file = join(root, 'packages/bench/reports', `${basename(name, '.json')}.json`);
  const read = (/** @type {string} */ path) =>
    JSON.parse(readFileSync(join(dirname(from), '..', path), 'utf8'));
  const found =
    'summaries' in given
      ? keptExplained(given, { config: read('config.json'), teacher: read('teacher/result.json') })
      : keptReport(given);
  const kept = isAdded
    ? withAdded(readKept('', file), /** @type {Report} */ (found), await loadStatistics())
    : found;
  mkdirSync(dirname(file), { recursive: true });
  const options = { ...(await resolveConfig(file)), parser: 'json' };
  writeFileSync(file, await format(JSON.stringify(kept), options));
}

/** @param {any} given a report.json @returns {Report} */
function keptReport({ schema, config, engine, teacher, rows, testImages }) {
  const { dir, ...dataset } = config.dataset;
  return {
    ...{ schema, config: { ...config, dataset: dir === undefined ? dataset : { ...dataset, dir: 'DIR' } } },
    engine,
    teacher: { model: teacher.model, testAccuracy: teacher.testAccuracy, parameters: teacher.parameters },
    rows: rows.map((/** @type {any} */ row) => ({
      method: row.method,
      options: row.options,
      ...{ seeds: row.seeds, testAccuracyLast: row.testAccuracyLast },
      ...{ deltaVsKd: row.deltaVsKd, deltaVsStudent: row.deltaVsStudent },
      perSeed: row.perSeed.map((/** @type {any} */ { seed, testAccuracyLast }) => ({
        seed,
        testAccuracyLast,
      })),
    })),
    testImages,
  };
}

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
