import { createNetwork } from '@distilljs/core';
import { presetNames, presets } from '../config/index.js';
import type { Preset, PresetName } from '../config/index.js';
import { datasetNames, datasetSummary } from '../dataset/index.js';
import { buildModel, modelNames, stemsOf } from '../model/index.js';
import type { ModelName } from '../model/index.js';
import type { CatalogEntry } from '../run/catalog-entry.js';
import { importModule, methodsOf } from '../run/foreign-modules.js';
import { methodCatalog } from '../run/method-catalog.js';
import { terminalTable } from '../terminal/index.js';
import type { TableColumn } from '../terminal/index.js';

/** What `distill-bench list` can list. */
export const LISTS = ['methods', 'models', 'datasets', 'presets'] as const;
export type ListName = (typeof LISTS)[number];

/** The methods of a module or package. */
export const methodsFrom = async (from: string): Promise<readonly CatalogEntry[]> =>
  methodsOf(from, await importModule(from));

/** The entries of a list as plain data. */
export function listEntries(
  name: ListName,
  methods: readonly CatalogEntry[] = methodCatalog,
): readonly Readonly<Record<string, unknown>>[] {
  switch (name) {
    case 'methods':
      return methods.map(({ name: method, summary, package: from, defaults }) => ({
        name: method,
        summary,
        package: from,
        options: defaults,
      }));
    case 'models':
      return listedModels.map(modelEntry);
    case 'datasets':
      return datasetNames.map((dataset) => ({ name: dataset, source: datasetSummary(dataset) }));
    case 'presets':
      return presetNames.map(presetEntry);
  }
}

/** A list as a table for a terminal; the entries of `--json` have more. */
export function listTable(
  name: ListName,
  stream?: NodeJS.WritableStream,
  methods?: readonly CatalogEntry[],
): string {
  const columns = COLUMNS[name];
  const rows = listEntries(name, methods).map((entry) => columns.map(({ key }) => cell(entry[key])));
  return terminalTable(
    columns.map(({ key, ...column }) => ({ title: key, ...column })),
    rows,
    stream,
  );
}

const COLUMNS: Readonly<
  Record<ListName, readonly (Omit<TableColumn, 'title'> & { readonly key: string })[]>
> = {
  methods: [
    { key: 'name' },
    { key: 'summary', wraps: true },
    { key: 'options', wraps: true },
    { key: 'package' },
  ],
  models: [
    { key: 'name' },
    { key: 'parameters (10 classes)', numeric: true },
    { key: 'MACs', wraps: true },
    { key: 'images', wraps: true },
    { key: 'taps', wraps: true },
  ],
  datasets: [{ key: 'name' }, { key: 'source', wraps: true }],
  presets: [
    { key: 'name' },
    { key: 'dataset' },
    { key: 'teacher', wraps: true },
    { key: 'student', wraps: true },
    { key: 'methods', wraps: true },
    { key: 'seeds' },
    { key: 'epochs', numeric: true },
    { key: 'engine' },
  ],
};

/** A preset's entry; for a study every network once. */
function presetEntry(name: PresetName): Readonly<Record<string, unknown>> {
  const { pairs, ...preset }: Preset = presets[name];
  if (pairs === undefined) return { name, ...preset };
  const networks = (side: 'teacher' | 'student'): readonly string[] => [
    ...new Set(pairs.map((pair) => cell((pair as Readonly<Record<string, unknown>>)[side]))),
  ];
  return { name, ...preset, teacher: networks('teacher'), student: networks('student'), pairs };
}

/** Every network once: a network with two stems also represents its names with `-32` and `-224`. */
const listedModels = modelNames.filter((name) => {
  const base = /^(.*)-(?:32|224)$/.exec(name)?.[1];
  return !modelNames.some((other) => other === base && stemsOf(other).length > 1);
});

function modelEntry(name: ModelName): Readonly<Record<string, unknown>> {
  const stems = stemsOf(name);
  const looks = stems.map(({ edge, name: named }) => lookAt(named, edge));
  return {
    name,
    'parameters (10 classes)': looks[0]?.parameters,
    MACs: looks.map(({ macs }) => macs),
    images: stems.map(({ edge, name: named }) => `${edge}×${edge}${named === name ? '' : ` (${named})`}`),
    taps: looks[0]?.taps.join(', '),
  };
}

function lookAt(
  name: ModelName,
  edge: number,
): { readonly parameters: number; readonly macs: number; readonly taps: readonly string[] } {
  const shape = { imageShape: [edge, edge, 3], classes: 10 } as const;
  const { model, taps } = buildModel(name, shape, { weights: 'zero' });
  const { parameters, macs } = createNetwork(model, { taps });
  model.dispose();
  return { parameters, macs, taps: Object.keys(taps) };
}

/** A value in one line; a mapping with a name (a dataset, a model) shows as its name. */
function cell(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(cell).join(typeof value[0] === 'number' ? ' / ' : ', ');
  const { name, model } = value as { readonly name?: string; readonly model?: string };
  return name ?? model ?? JSON.stringify(value).replaceAll(',"', ', "');
}
