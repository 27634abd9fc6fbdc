/**
 * Makes the sample reports of `docs/samples`: trains small networks on synthetic images (minutes) and keeps the pages.
 *
 * `npm run build && node tools/samples.mjs [NAME …]`
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'packages/bench/bin/distill-bench.mjs');

/** Small enough for a minute, large enough to show differences between methods. */
const SMALL = [
  'teacher.epochs=8',
  'teacher.model=plain16',
  'student.model=plain8',
  'dataset.imageSize=16',
  'dataset.trainSize=600',
  'dataset.testSize=600',
  'dataset.classes=10',
  'dataset.superclasses=5',
];

/** @param {readonly string[]} settings */
const flags = (settings) => settings.flatMap((setting) => ['--set', setting]);

/** @type {Record<string, { run: readonly string[], commands?: readonly string[], page?: string }>} without a page: all of a study's */
const samples = {
  comparison: {
    run: ['--methods', 'student,label-smoothing,kd,cckd,rkd+kd', '--seeds', '0,1,2,3,4', '--epochs', '8'],
    // Embedding measures, and the report that includes them.
    commands: ['metrics', 'report'],
    page: 'report/index.html',
  },
  race: {
    run: [
      ...['--methods', 'student,label-smoothing,kd,cckd,rkd+kd', '--seeds', '0,1,2', '--epochs', '6'],
      ...flags(['race={most: 8, confirm: 3}']),
    ],
    page: 'report/index.html',
  },
  study: {
    run: [
      ...['--methods', 'student,kd,cckd', '--seeds', '0,1,2', '--epochs', '6'],
      ...flags([
        'pairs=[{teacher: {model: plain16, epochs: 8}, student: {model: plain8}}, {teacher: {model: plain32, epochs: 8}, student: {model: plain8}}]',
      ]),
    ],
  },
  explain: {
    run: ['--methods', 'kdexplainer,kdexplainer-plain', '--seeds', '0', '--epochs', '6'],
    commands: ['explain'],
    page: 'report/explain.html',
  },
};

const wanted = process.argv.slice(2);
mkdirSync(join(root, 'docs/samples'), { recursive: true });
for (const [name, { run, commands = [], page }] of Object.entries(samples)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = mkdtempSync(join(tmpdir(), 'sample-'));
  const out = join(folder, name);
  /** @param {readonly string[]} given */
  const bench = (...given) => execFileSync(process.execPath, [cli, ...given], { stdio: 'inherit' });
  bench('run', '--preset', 'quick', '--engine', 'wasm', ...flags(SMALL), ...run, '--out', out);
  for (const command of commands) bench(command, out);
  const to = join(root, 'docs/samples', name);
  if (page !== undefined) cpSync(join(out, page), `${to}.html`);
  else
    for (const folder of ['.', ...readdirSync(join(out, 'tasks')).map((task) => join('tasks', task))])
      cpSync(join(out, folder, 'report/index.html'), join(to, folder, 'report/index.html'));
  rmSync(folder, { recursive: true, force: true });
}
