import { createNetwork } from '@distilljs/core';
import Table from 'cli-table3';
import { presetNames, presets } from '../config/index.js';
import { datasetNames } from '../dataset/index.js';
import { buildModel, modelNames } from '../model/index.js';
import { methodCatalog } from '../run/method-catalog.js';

/** What `distill-bench list` can list. */
export const LISTS = ['methods', 'models', 'datasets', 'presets'] as const;
export type ListName = (typeof LISTS)[number];

/** The entries of a list as plain data. */
export function listEntries(name: ListName): readonly Readonly<Record<string, unknown>>[] {
  switch (name) {
    case 'methods':
      return methodCatalog.map(({ name: method, summary, package: from, defaults }) => ({
        name: method,
        summary,
        package: from,
        options: defaults,
      }));
    case 'models':
      return modelNames.map(modelEntry);
    case 'datasets':
      return datasetNames.map((dataset) => ({ name: dataset, source: SOURCES[dataset] }));
    case 'presets':
      return presetNames.map((preset) => ({ name: preset, ...presets[preset] }));
  }
}

const SOURCES = {
  synthetic: 'made on the fly from a seed; nothing to download',
  cifar10: 'the original binary files (data_batch_*.bin, test_batch.bin) in dataset.dir or --data-dir',
  cifar100: 'the original binary files (train.bin, test.bin) in dataset.dir or --data-dir',
};

/** A list as a table for a terminal. */
export function listTable(name: ListName): string {
  const entries = listEntries(name);
  const head = Object.keys(entries[0] ?? { name });
  const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: widths(head) });
  for (const entry of entries) table.push(head.map((key) => cell(entry[key])));
  return table.toString();
}

function modelEntry(name: string): Readonly<Record<string, unknown>> {
  const { model, taps } = buildModel(name, { imageShape: [32, 32, 3], classes: 10 });
  const network = createNetwork(model, { taps });
  const { parameters, macs } = network;
  network.dispose();
  return {
    name,
    'parameters (10 classes)': parameters,
    'MACs (32×32)': macs,
    taps: Object.keys(taps).join(', '),
  };
}

function cell(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',"', ', "');
}

function widths(head: readonly string[]): number[] {
  const wide: Readonly<Record<string, number>> = {
    summary: 44,
    options: 44,
    source: 60,
    taps: 40,
    name: 18,
    package: 20,
  };
  return head.map((key) => wide[key] ?? 24);
}
