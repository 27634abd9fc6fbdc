import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tableOfExplained } from './explained-table.mjs';
import { withEnsembles } from './report-text.mjs';
import { checkTables, tableOf, withTables } from './tables.mjs';
import { writeTree } from './test-tree.mjs';

const summary = (/** @type {number} */ mean) => ({
  ...{ n: 3, mean, sd: 0.01 },
  ci95: /** @type {const} */ ([mean - 0.0248, mean + 0.0248]),
});
const rows = [
  { method: 'student', testAccuracyLast: summary(0.5), deltaVsKd: null, deltaVsStudent: null },
  {
    method: 'kd',
    testAccuracyLast: summary(0.52),
    deltaVsKd: null,
    deltaVsStudent: { mean: 0.02, ci95: /** @type {const} */ ([-0.01, 0.05]), p: 0.1 },
  },
];
const kept = {
  schema: 1,
  config: { student: { model: 'plain8' }, epochs: 10, batchSize: 64 },
  engine: { name: 'wasm' },
  teacher: { model: 'plain16', testAccuracy: 0.75 },
  rows,
  testImages: 1000,
};

/** The cells of a document's table, row by row. @param {string} document */
const cellsOf = (document) =>
  document
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const summarized = (/** @type {string} */ method, /** @type {number} */ mean) => ({
  ...{ method, deltaVsKd: null, deltaVsStudent: null },
  testAccuracyLast: { n: 1, mean, sd: null, ci95: null },
});

const noDrawing = () => Promise.reject(new Error('no picture is asked for'));

const tree = (/** @type {string} */ table) =>
  writeTree({
    'README.md': `# Tree\n\n<!-- table: kept.json kd -->\n\n${table}\n\n<!-- /table -->\n\nThe end.\n`,
    'docs/other.md': '# No table\n',
    'packages/core/package.json': { name: '@distilljs/core' },
    'kept.json': kept,
  });

it('writes a row per method: mean, deviation, interval, differences with their intervals', () => {
  const lines = tableOf(kept, ['kd', 'student']).split('\n');
  expect(lines.slice(2)).toEqual([
    '| `kd` | 52.00 ± 1.00 | 49.52 to 54.48 |  | +2.00 (−1.00 to +5.00) |',
    '| `student` | 50.00 ± 1.00 | 47.52 to 52.48 |  |  |',
  ]);
  expect(() => tableOf(kept, ['mhgd'])).toThrow("no method 'mhgd'");
});

it('has a column of paired differences to any method, and none to what the report lacks', async () => {
  const perSeed = (/** @type {number[]} */ ...values) =>
    values.map((testAccuracyLast, seed) => ({ seed, testAccuracyLast }));
  const base = { method: 'base', testAccuracyLast: summary(0.6), deltaVsKd: null, deltaVsStudent: null };
  const better = { ...base, method: 'better', testAccuracyLast: summary(0.62) };
  const others = [
    { ...base, perSeed: perSeed(0.59, 0.6, 0.61) },
    { ...better, perSeed: perSeed(0.6, 0.62, 0.64) },
  ];
  const root = writeTree({
    'README.md': '# Tree\n\n<!-- table: kept.json base better vs:base -->\n<!-- /table -->\n',
    'kept.json': { ...kept, rows: others },
  });
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  const cells = (/** @type {string} */ method) =>
    result
      .split('\n')
      .find((line) => line.includes(method))
      ?.split('|')
      .map((cell) => cell.trim())
      .slice(1, -1);
  expect(cells('test %')).toEqual(['method', 'test %, mean ± sd', '95 % interval', 'against `base`']);
  expect(cells('`base`  ')).toEqual(['`base`', '60.00 ± 1.00', '57.52 to 62.48', '']);
  // Differences of 1, 2 and 3 points: 2 ± 4.303 · 1 / √3.
  expect(cells('`better`')?.at(-1)).toBe('+2.00 (−0.48 to +4.48)');
});

it('finds figures that differ from their report, and corrects them', async () => {
  const root = tree('| method | test % |\n| `kd` | 53.00 ± 1.00 |');
  const [problem, ...others] = await checkTables(root, noDrawing);
  expect(problem).toMatchObject({ where: 'README.md', hint: 'Run npm run tables.' });
  expect(others).toEqual([]);
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  expect(result).toContain('52.00 ± 1.00');
  expect(result).not.toContain('53.00');
  expect(result).toContain(
    '3 seeds, 1,000 test images; teacher plain16 (75.00 %), student plain8, 10 epochs',
  );
  expect(result.endsWith('<!-- /table -->\n\nThe end.\n')).toBe(true);
});

it('writes a picture beside its report, and finds one that is not its report’s', async () => {
  const root = writeTree({
    'README.md': '# Tree\n',
    'docs/other.md': '# Other\n\n<!-- picture: reports/kept.json -->\n<!-- /picture -->\n',
    'packages/core/package.json': { name: '@distilljs/core' },
    'reports/kept.json': kept,
    'reports/kept.svg': '<svg>old</svg>\n',
  });
  const draw = () => Promise.resolve({ svg: '<svg>new</svg>\n', words: 'Test accuracy.' });
  const problems = await checkTables(root, draw);
  expect(problems.map(({ where }) => where)).toEqual(['docs/other.md', 'reports/kept.svg']);
  const { result, pictures } = await withTables(root, join(root, 'docs/other.md'), draw);
  expect(result).toContain('![Test accuracy.](../reports/kept.svg)');
  expect([...pictures]).toEqual([[join(root, 'reports/kept.svg'), '<svg>new</svg>\n']]);
});

it('writes what explain finds: trainings, then pairs of them, with intervals', () => {
  const of = (/** @type {number} */ mean) => ({
    mean,
    ci95: /** @type {const} */ ([mean - 0.1, mean + 0.1]),
  });
  /** @type {Parameters<typeof tableOfExplained>[0]} */
  const explained = {
    summaries: [
      {
        ...{ method: 'kdexplainer', seeds: [0, 1, 2], testAccuracy: of(0.5), entropy: of(1.2) },
        ...{ conflict: { negativeShare: of(0.3) }, stability: [of(0.4), of(0.05)] },
        levels: [{ name: 'attention4', entropy: of(1.3) }],
      },
    ],
    comparisons: [
      { measure: 'conflict', first: 'kdexplainer', second: 'plain', difference: { ...of(-0.2), p: 0.03 } },
    ],
    source: 'cifar10.',
  };
  const table = tableOfExplained(explained);
  expect(table).toContain(
    '| `kdexplainer` | 50.0 (40.0 to 60.0) | 1.200 (1.100 to 1.300) | 30.0 (20.0 to 40.0) | 0.050 (−0.050 to 0.150) |',
  );
  expect(table).toContain(
    '| pairs in conflict, points: `kdexplainer` − `plain` | −20.0 (−30.0 to −10.0) | 0.030 |',
  );
  expect(table).toContain('| entropy by level, nats | attention4 |');
  expect(table).toContain('| `kdexplainer` | 1.300 (1.200 to 1.400) |');
  expect(table).toMatch(/over 3 seeds\. .* cifar10\.$/);
  const rows = tableOfExplained(explained, ['kdexplainer']);
  expect(rows).toMatch(
    /\| `kdexplainer` \| 50\.0 .*\n\nIn brackets: 95 % intervals over 3 seeds\. cifar10\.$/s,
  );
  expect(rows).not.toContain('−20.0');
  expect(rows).not.toContain('by level');
  expect(() => tableOfExplained(explained, ['plain'])).toThrow('no training plain');
});

it('says which report is missing', async () => {
  const root = writeTree({
    'README.md': '<!-- table: gone.json -->\n<!-- /table -->\n',
    'docs/other.md': '',
    'packages/core/package.json': {},
  });
  const [problem] = await checkTables(root);
  expect(problem?.got).toContain('gone.json');
});

it("the repository's own tables are those of their reports", async () => {
  const root = join(import.meta.dirname, '..');
  expect(await checkTables(root)).toEqual([]);
  expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('tools/tables.mjs --check');
});

it('of a study has a row per task, and the differences of each method to one of them', async () => {
  const perSeed = (/** @type {number[]} */ ...values) =>
    values.map((testAccuracyLast, seed) => ({ seed, testAccuracyLast }));
  const base = { method: 'kd', testAccuracyLast: summary(0.6), deltaVsKd: null, deltaVsStudent: null };
  const task = (/** @type {string} */ name, /** @type {number} */ gain) => ({
    ...{ ...kept, name },
    rows: [
      { ...base, perSeed: perSeed(0.59, 0.6, 0.61) },
      { ...base, method: 'mhgd', perSeed: perSeed(0.59 + gain, 0.6 + gain, 0.61 + 2 * gain) },
    ],
  });
  const root = writeTree({
    'README.md': '# Tree\n\n<!-- table: kept.json kd mhgd -->\n<!-- /table -->\n',
    'kept.json': { schema: 1, tasks: [task('half', 0.01), task('tenth', 0.02)] },
  });
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  const rows = cellsOf(result);
  expect(rows[0]).toEqual(['task', '`kd`', '`mhgd`', '`mhgd` − `kd`']);
  expect(rows.slice(2)).toEqual([
    ['half', '60.00 ± 1.00', '60.00 ± 1.00', '+1.33 (−0.10 to +2.77)'],
    ['tenth', '60.00 ± 1.00', '60.00 ± 1.00', '+2.67 (−0.20 to +5.54)'],
  ]);
  expect(result).toMatch(
    /3 seeds, 1,000 test images; teacher plain16 \(75\.00 %\), student plain8, 10 epochs/,
  );
});

it('of gains has a row per method, and a column per report or pool of reports', async () => {
  const row = (/** @type {string} */ method, /** @type {number[]} */ ...values) => ({
    ...{ method, testAccuracyLast: summary(0.6), deltaVsKd: null, deltaVsStudent: null },
    perSeed: values.map((testAccuracyLast, seed) => ({ seed, testAccuracyLast })),
  });
  const mark = 'gains: one="the first" two="the second" one+two="both" methods: at mhgd';
  const files = {
    'packages/core/package.json': { name: '@distilljs/core' },
    'packages/bench/reports/one.json': { ...kept, rows: [row('kd', 0.5, 0.6), row('at', 0.52, 0.63)] },
    'packages/bench/reports/two.json': {
      ...kept,
      rows: [row('kd', 0.7, 0.7), row('mhgd', 0.69, 0.69), row('at', 0.74, 0.74)],
    },
  };
  const root = writeTree({ ...files, 'README.md': `# Tree\n\n<!-- ${mark} -->\n<!-- /gains -->\n` });
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  const rows = cellsOf(result);
  expect(rows[0]).toEqual(['method', 'the first, 2 pairs', 'the second, 2 pairs', 'both, 2 to 4 pairs']);
  expect(rows.slice(2)).toEqual([
    ['`at`', '+2.50 (−3.85 to +8.85)', '+4.00', '+3.25 (+1.73 to +4.77)'],
    ['`mhgd`', '', '−1.00', '−1.00'],
  ]);
  const drawn = `<!-- ${mark.replace('gains:', 'gains-picture: both')} -->\n<!-- /gains-picture -->`;
  const pictured = writeTree({ ...files, 'README.md': `# Tree\n\n${drawn}\n` });
  const { result: page, pictures } = await withTables(pictured, join(pictured, 'README.md'), noDrawing);
  expect(page).toContain('the second: at +4.00, mhgd −1.00; both: at +3.25 (+1.73 to +4.77), mhgd −1.00.');
  expect(page).toContain('](packages/bench/reports/both.svg)');
  const [svg = ''] = pictures.values();
  expect([...pictures.keys()]).toEqual([join(pictured, 'packages/bench/reports/both.svg')]);
  expect([...svg.matchAll(/>(the first|the second|both|at|mhgd)</g)].map(([, text]) => text)).toEqual(
    expect.arrayContaining(['the first', 'the second', 'both', 'at', 'mhgd']),
  );
  for (const line of ['points', 'above kd']) expect(svg.match(new RegExp(`>${line}<`, 'g'))).toHaveLength(3);
  const wrong = writeTree({ ...files, 'README.md': `# Tree\n\n<!-- ${mark}s -->\n<!-- /gains -->\n` });
  await expect(withTables(wrong, join(wrong, 'README.md'), noDrawing)).rejects.toThrow(
    "no report has a method 'mhgds'",
  );
});

it('of trials has a row per change of one option, over the trials that differ in nothing else', async () => {
  const trial = (/** @type {number | null} */ mean, /** @type {object} */ options) => ({
    options,
    validationAccuracy: mean === null ? null : { mean },
  });
  const trials = [
    trial(0.5, { beta: 12, sampler: 'cur' }),
    trial(0.52, { beta: 12, sampler: 'uniform' }),
    trial(0.54, { beta: 60, sampler: 'cur' }),
    trial(0.58, { beta: 60, sampler: 'uniform' }),
    trial(null, { beta: 300, sampler: 'cur' }),
    trial(0.9, { kernel: 'bilinear', sampler: 'cur' }),
  ];
  const tuning = [{ method: 'cckd', seeds: [1000], trials, chosen: 3 }];
  const document = (/** @type {string} */ method) =>
    `# Tree\n\n<!-- trials: kept.json ${method} -->\n<!-- /trials -->\n`;
  const root = writeTree({ 'README.md': document('cckd'), 'kept.json': { ...kept, tuning } });
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  expect(cellsOf(result).slice(2)).toEqual([
    ['`beta`: 12 → 60', '2', '+5.00 (−7.71 to +17.71)'],
    ['`sampler`: cur → uniform', '2', '+3.00 (−9.71 to +15.71)'],
  ]);
  expect(result).toContain('6 trials, one seed each');
  expect(result).toContain('The best trial is {"beta":60,"sampler":"uniform"}.');
  const wrong = writeTree({ 'README.md': document('kd'), 'kept.json': { ...kept, tuning } });
  await expect(withTables(wrong, join(wrong, 'README.md'), noDrawing)).rejects.toThrow("no trials of 'kd'");
});

it('of measures of embeddings has a row per method and a difference to kd for each measure', async () => {
  const network = (
    /** @type {string} */ method,
    /** @type {number} */ seed,
    /** @type {number} */ value,
  ) => ({
    ...{ method, seed },
    measures: { 'rank-1': value, mAP: value / 2 },
  });
  const networks = [
    { method: 'teacher', measures: { 'rank-1': 0.9, mAP: 0.8 } },
    ...[0, 1, 2].flatMap((seed) => [
      network('kd', seed, 0.5 + seed / 100),
      network('cckd', seed, 0.6 + (seed * seed) / 100),
    ]),
  ];
  const root = writeTree({
    'README.md': '# Tree\n\n<!-- table: kept.json -->\n<!-- /table -->\n',
    'kept.json': { networks, source: 'Measured: images.' },
  });
  const { result } = await withTables(root, join(root, 'README.md'), noDrawing);
  const rows = cellsOf(result);
  expect(rows[0]).toEqual(['method', 'rank-1, %', 'against `kd`', 'mAP, %', 'against `kd`']);
  expect(rows.slice(2)).toEqual([
    ['`kd`', '51.00 ± 1.00', '', '25.50 ± 0.50', ''],
    ['`cckd`', '61.67 ± 2.08', '+10.67 (+7.80 to +13.54)', '30.83 ± 1.04', '+5.33 (+3.90 to +6.77)'],
  ]);
  expect(result).toContain(
    '3 seeds; in brackets 95 % intervals, paired over seeds. The teacher has rank-1 90.00 %, mAP 80.00 %. Measured: images.',
  );
});

it('has a row for the ensemble of the networks of a method, with differences over seeds', () => {
  const statistics = {
    summarize: (/** @type {readonly number[]} */ [first = 0]) => ({
      n: 1,
      mean: first,
      sd: null,
      ci95: null,
    }),
    comparePaired: (
      /** @type {ReadonlyMap<number, number>} */ a,
      /** @type {ReadonlyMap<number, number>} */ b,
    ) => ({ mean: (a.get(0) ?? NaN) - (b.get(0) ?? NaN), ci95: null, p: null }),
  };
  const perSeed = [{ seed: 0, testAccuracyLast: 0.5, ensembleAccuracyLast: 0.75 }];
  const pair = { ...summarized('pair', 0.5), perSeed };
  const alone = { ...summarized('student', 0.25), perSeed: [{ seed: 0, testAccuracyLast: 0.25 }] };
  const columns = ['student', 'pair', 'pair:ensemble', 'vs:pair'];
  const whole = withEnsembles({ ...kept, rows: [alone, pair] }, columns, statistics);
  expect(tableOf(whole, columns, statistics.comparePaired).split('\n').slice(-1)).toEqual([
    '| `pair`, ensemble | 75.00 |  | +50.00 | +25.00 |',
  ]);
  expect(() => withEnsembles(whole, ['student:ensemble'], statistics)).toThrow(
    "no 'student:ensemble' of seed 0",
  );
});
