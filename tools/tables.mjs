import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { report } from './problem.mjs';
import { packageFolders } from './workspace.mjs';

/** @import { Problem } from './problem.mjs' */

/*
 * Tables in Markdown come from reports that are kept in the repository. Where one stands is said by
 *
 *   <!-- table: packages/bench/reports/NAME.json student kd mhgd -->
 *   <!-- /table -->
 *
 * with the methods in the order of the rows, or all of the report without any. `npm run tables` writes the tables; with --check it only
 * says which differ; with `--keep RUN/report/report.json NAME` it takes a report over first.
 */

/**
 * @typedef {{ readonly n: number, readonly mean: number, readonly sd: number | null, readonly ci95: readonly [number, number] | null }} Summary
 * @typedef {{ readonly mean: number, readonly ci95: readonly [number, number] | null, readonly p: number | null }} Difference
 * @typedef {{ readonly method: string, readonly testAccuracyLast: Summary, readonly deltaVsKd: Difference | null, readonly deltaVsStudent: Difference | null }} Row
 * @typedef {{ readonly schema: number, readonly config: any, readonly environment?: any, readonly engine: any, readonly teacher: any, readonly rows: readonly Row[], readonly testImages: number }} Report
 */

const TABLE = /<!-- table: (?<file>\S+)(?<methods>(?: [^\s]+)*?) -->\n[\s\S]*?<!-- \/table -->/g;

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
 * @param {readonly string[]} methods
 * @returns {string} Markdown
 */
export function tableOf(kept, methods) {
  const names = methods.length > 0 ? methods : kept.rows.map(({ method }) => method);
  const lines = names.map((name) => {
    const row = kept.rows.find(({ method }) => method === name);
    if (row === undefined) throw new Error(`the report has no method '${name}'`);
    const { mean, sd, ci95 } = row.testAccuracyLast;
    const cells = [
      `\`${name}\``,
      sd === null ? percent(mean) : `${percent(mean)} ± ${percent(sd)}`,
      ci95 === null ? '' : `${percent(ci95[0])} to ${percent(ci95[1])}`,
      differenceText(row.deltaVsKd),
      differenceText(row.deltaVsStudent),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['method', 'test %, mean ± sd', '95 % interval', 'against `kd`', 'against `student`'];
  return [`| ${head.join(' | ')} |`, '| :-- | --: | --: | --: | --: |', ...lines].join('\n');
}

/** What the figures are of, in a sentence under the table. @param {Report} kept */
function sourceOf({ config, engine, teacher, rows, testImages }) {
  const seeds = rows[0]?.testAccuracyLast.n ?? 0;
  const taught = `teacher ${teacher.model} (${percent(teacher.testAccuracy)} %)`;
  const trained = `student ${config.student.model}, ${config.epochs} epochs, batches of ${config.batchSize}`;
  return `${seeds} seeds, ${testImages.toLocaleString('en-US')} test images; ${taught}, ${trained}; engine ${engine.name}.`;
}

/**
 * A document with its tables as their reports have them.
 *
 * @param {string} root
 * @param {string} path of the document
 */
export async function withTables(root, path) {
  const text = readFileSync(path, 'utf8');
  const options = { ...(await resolveConfig(path)), parser: 'markdown' };
  let result = '';
  let end = 0;
  for (const { 0: whole, index, groups } of text.matchAll(TABLE)) {
    const { file = '', methods = '' } = groups ?? {};
    const kept = /** @type {Report} */ (JSON.parse(readFileSync(join(root, file), 'utf8')));
    const table = `${tableOf(kept, methods.split(' ').filter(Boolean))}\n\n${sourceOf(kept)}`;
    const shown = await format(table, options);
    result += `${text.slice(end, index)}<!-- table: ${file}${methods} -->\n\n${shown}\n<!-- /table -->`;
    end = index + whole.length;
  }
  return { text, result: result + text.slice(end) };
}

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
 * Tables that are not those of their reports.
 *
 * @param {string} root
 */
export async function checkTables(root) {
  /** @type {Problem[]} */
  const problems = [];
  for (const path of documentsOf(root).filter(existsSync)) {
    const where = relative(root, path);
    try {
      const { text, result } = await withTables(root, path);
      if (text !== result)
        problems.push({
          where,
          expected: 'the figures of the report that a table names',
          got: 'others',
          hint: 'Run npm run tables.',
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
 * @param {string} from path of a report.json
 * @param {string} name
 */
async function keep(root, from, name) {
  const { schema, config, engine, teacher, rows, testImages } = JSON.parse(readFileSync(from, 'utf8'));
  const { dir, ...dataset } = config.dataset;
  const kept = {
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
  const file = join(root, 'packages/bench/reports', `${basename(name, '.json')}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await format(JSON.stringify(kept), { ...(await resolveConfig(file)), parser: 'json' }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(import.meta.dirname, '..');
  const [flag, from, name] = process.argv.slice(2);
  if (flag === '--check') report('tables', await checkTables(root));
  else {
    if (flag === '--keep' && from !== undefined && name !== undefined) await keep(root, from, name);
    for (const path of documentsOf(root).filter(existsSync)) {
      const { text, result } = await withTables(root, path);
      if (text !== result) writeFileSync(path, result);
    }
  }
}
