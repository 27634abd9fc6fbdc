import { readFileSync } from 'node:fs';
import { DistillError, shownText, writeWhole } from '@distilljs/core';
import { fileLayer, parseSetting, resolveConfig } from '../config/index.js';
import { contactSheet, dataFaults, dataStats, isContactSheet, loadChecked } from '../data-check/index.js';
import type { DataFaults, DataStats, Duplicates } from '../data-check/index.js';
import type { DatasetSource, Surroundings } from '../dataset/index.js';
import { fileKind, readConfigText, statsAt } from '../file/index.js';
import { terminalMeter, terminalTable } from '../terminal/index.js';
import { EXIT } from './process.js';
import type { ExitCode } from './process.js';
import { print } from './output.js';

/** What `distill-bench data` can do. */
export const DATA_ACTIONS = ['stats', 'verify', 'preview'] as const;
export type DataAction = (typeof DATA_ACTIONS)[number];

/** Flags of `distill-bench data` as commander passes them. */
export interface DataFlags {
  readonly dataDir?: string;
  readonly dataset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly split?: 'train' | 'validation' | 'test';
  readonly out?: string;
  readonly json?: true;
}

/** `distill-bench data`. */
export async function dataCommand(action: DataAction, flags: DataFlags): Promise<ExitCode> {
  expectNoPreview(action, flags);
  const source = await sourceOf(flags);
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const surroundings: Surroundings = { meter: terminalMeter, signal: stop.signal };
  try {
    return await run(action, source, flags, surroundings);
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    process.stderr.write('Stopped; what is decoded is kept in the cache.\n');
    return EXIT.interrupted;
  }
}

async function run(
  action: DataAction,
  source: DatasetSource,
  { json, split = 'train', out = 'preview.png' }: DataFlags,
  surroundings: Surroundings,
): Promise<ExitCode> {
  if (action === 'stats') {
    const stats = await dataStats(source, surroundings);
    print(json === true ? JSON.stringify(stats, null, 2) : statsText(stats));
    return EXIT.done;
  }
  if (action === 'verify') {
    const faults = await dataFaults(source, surroundings);
    print(json === true ? JSON.stringify(faults, null, 2) : faultsText(faults));
    const isWrong = ({ acrossSplits, acrossClasses }: Duplicates): boolean => acrossSplits || acrossClasses;
    return faults.damaged.length > 0 || faults.duplicates.some(isWrong) ? EXIT.failed : EXIT.done;
  }
  expectOwnSheet(out);
  const { splits } = await loadChecked(source, surroundings);
  const dataset = splits.find(([name]) => name === split)?.[1];
  if (dataset === undefined)
    throw new DistillError({
      code: 'option',
      where: '--split',
      expected: `one of ${splits.map(([name]) => name).join(', ')}`,
      got: split,
    });
  const { png, rows } = await contactSheet(dataset);
  await writeWhole(out, png);
  const names = rows.map((name, at) => `${at + 1} ${shownText(name, 40)}`).join(', ');
  print(
    json === true
      ? JSON.stringify({ file: out, rows }, null, 2)
      : `${out}: ${split} images; rows from the top: ${names}`,
  );
  return EXIT.done;
}

/** @throws DistillError code `option` for flags that only `preview` reads */
function expectNoPreview(action: DataAction, { split, out }: DataFlags): void {
  const [flag] = [split === undefined ? [] : ['--split'], out === undefined ? [] : ['--out']].flat();
  if (action === 'preview' || flag === undefined) return;
  const hint = `${flag} belongs to \`data preview\`.`;
  throw new DistillError({
    code: 'option',
    where: flag,
    expected: `no ${flag}`,
    got: `data ${action}`,
    hint,
  });
}

/** The dataset that flags and configuration name; a preset supplies the rest of the configuration. */
async function sourceOf({ dataDir, dataset, config, set = [] }: DataFlags): Promise<DatasetSource> {
  if (dataDir === undefined && config === undefined && dataset === undefined)
    throw new DistillError({
      code: 'config',
      where: 'distill-bench data',
      expected: '--data-dir FOLDER or --config FILE',
      got: 'neither',
    });
  const file = config === undefined ? undefined : { name: config, text: await readConfigText(config) };
  const named = {
    ...(dataset !== undefined && { name: dataset }),
    ...(dataDir !== undefined && { dir: dataDir }),
  };
  const flags = [...(Object.keys(named).length === 0 ? [] : [{ dataset: named }]), ...set.map(parseSetting)];
  const given = [...(file === undefined ? [] : [fileLayer(file.text, file.name).values]), ...flags];
  const has = (key: string): boolean => given.some((values) => Object.hasOwn(values, key));
  // A configuration of the dataset alone says enough here.
  const isWhole = has('preset') || (has('teacher') && has('student'));
  return resolveConfig({ preset: isWhole ? undefined : 'folder', file, flags }).dataset;
}

function statsText({ dataset, classNames, splits, notes }: DataStats): string {
  const round = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(', ');
  const lines = splits.map(
    ({ split, images, imageShape, mean, std, fingerprint }) =>
      `${split}: ${images.toLocaleString('en-US')} images of ${imageShape.join('×')}, mean [${round(mean)}], std [${round(std)}], fingerprint ${fingerprint.slice(0, 12)}`,
  );
  const rows = classNames.map((name, label) => [
    shownText(name, 60),
    ...splits.map(({ perClass }) => (perClass[label] ?? 0).toLocaleString('en-US')),
  ]);
  const columns = [{ title: 'class' }, ...splits.map(({ split }) => ({ title: split, numeric: true }))];
  return [
    `Dataset ${dataset}, ${classNames.length} classes`,
    ...lines,
    terminalTable(columns, rows),
    ...notes,
  ].join('\n');
}

/** More would scroll the important lines away; `--json` lists all. */
const MOST_LISTED = 20;

function faultsText({ dataset, images, damaged, duplicates, notes }: DataFaults): string {
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : [
          `${title}: ${lines.length.toLocaleString('en-US')}`,
          ...lines.slice(0, MOST_LISTED).map((line) => `  ${line}`),
          ...(lines.length > MOST_LISTED
            ? [`  and ${lines.length - MOST_LISTED} more (--json lists all)`]
            : []),
        ];
  const text = ({ images: group }: Duplicates): string =>
    group.map(({ split, name }) => `${shownText(name, 100)} (${split})`).join(' = ');
  const across = duplicates.filter(({ acrossSplits }) => acrossSplits);
  const conflicting = duplicates.filter(({ acrossSplits, acrossClasses }) => !acrossSplits && acrossClasses);
  const within = duplicates.filter(({ acrossSplits, acrossClasses }) => !acrossSplits && !acrossClasses);
  const parts = [
    ...part(
      'Damaged files',
      damaged.map(({ path, reason }) => `${shownText(path, 100)}: ${reason}`),
    ),
    ...part('Identical images in several splits (leakage)', across.map(text)),
    ...part('Identical images in several classes', conflicting.map(text)),
    ...part('Identical images within a class and split', within.map(text)),
  ];
  const head = `Dataset ${dataset}: ${images.toLocaleString('en-US')} images can be read`;
  return [head, ...(parts.length === 0 ? ['No damaged files, no duplicates.'] : parts), ...notes].join('\n');
}

/** @throws DistillError code `option` where another file would be overwritten */
function expectOwnSheet(out: string): void {
  const found = statsAt(out);
  if (found === undefined || (found.isFile() && isContactSheet(readFileSync(out)))) return;
  throw new DistillError({
    code: 'option',
    where: '--out',
    expected: 'a new file, or an earlier preview',
    got: `${out}, ${found.isFile() ? 'another file' : fileKind(found)}`,
    hint: 'Use another --out.',
  });
}
