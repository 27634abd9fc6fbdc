import { strToU8, zipSync } from 'fflate';
import { modelMetadata } from '@distilljs/core';
import { cardText, CARD_SCHEMA } from '../../src/export/model-card.js';
import type { ModelCard } from '../../src/export/model-card.js';
import { LIBRARY_FOLDER, PAGE_LIBRARIES, PAGE_SCRIPT, PAGE_STYLE, pageHtml } from '../../src/export/page.js';
import { summarize } from '../../src/statistics/summary.js';
import { openModel } from './model-files.js';
import { reportOf } from './results.js';
import type { RunResults } from './results.js';
import { pageAddress } from './engine.js';
import type { Cell, Finished, ModelFiles } from './types.js';

/**
 * A student as `distill-bench export` writes it: the tfjs model, its card, and a page that classifies a dropped image.
 *
 * @param exported accuracy of the saved files on the test images
 */
export async function archiveOf(results: RunResults, cell: Cell, exported: number): Promise<Uint8Array> {
  const { run, finished } = results;
  const files = finished[cell.name]?.files as ModelFiles;
  const card = await cardOf(results, cell, files, exported);
  const libraries = Object.values(PAGE_LIBRARIES).flat();
  const served = await Promise.all(
    libraries.map(async (name) => {
      const response = await fetch(pageAddress(`${LIBRARY_FOLDER}/${name}`));
      if (!response.ok) throw new Error(`The file ${name} of this page is missing (${response.status}).`);
      return [`${LIBRARY_FOLDER}/${name}`, new Uint8Array(await response.arrayBuffer())] as const;
    }),
  );
  const content: Record<string, Uint8Array> = {
    'model.json': strToU8(files.json),
    'weights.bin': files.weights,
    'card.json': strToU8(`${JSON.stringify(card, null, 2)}\n`),
    'README.md': strToU8(cardText(card)),
    'index.html': strToU8(pageHtml(`${card.student}, trained on ${run.data.title}`)),
    'page.css': strToU8(PAGE_STYLE),
    'page.js': strToU8(PAGE_SCRIPT),
    ...Object.fromEntries(served),
  };
  return zipSync(content);
}

async function cardOf(
  results: RunResults,
  { name, method, seed }: Cell,
  files: ModelFiles,
  exported: number,
): Promise<ModelCard> {
  const { run, finished } = results;
  const { measured } = finished[name] as Finished;
  const { report, teacher, methods } = reportOf(results);
  const model = await openModel(method, files);
  const metadata = modelMetadata(model);
  model.dispose();
  if (metadata === undefined) throw new Error('The student lost its metadata.');
  const { epochs, batchSize, optimizer } = report.config;
  const bytes = { model: files.json.length, weights: files.weights.byteLength };
  return {
    kind: 'distilljs export',
    schema: CARD_SCHEMA,
    method,
    methodName: method,
    options: measured.options,
    seed,
    student: measured.model,
    parameters: measured.parameters,
    macs: measured.macs,
    metadata,
    dataset: {
      name: run.data.title,
      trainImages: run.data.train.labels.length,
      testImages: run.data.test.labels.length,
      classes: run.data.classNames.length,
    },
    teacher,
    training: { epochs, batchSize, optimizer },
    testAccuracy: { trained: measured.last, exported, images: run.data.test.labels.length },
    overSeeds: summarize(
      methods.filter((each) => each.method === method).map((each) => each.testAccuracyLast),
    ),
    bytes: { ...bytes, trainedWeights: bytes.weights },
    latency: {
      processor: report.environment.processor,
      measured: measured.latency.map((each) => ({ engine: measured.engine.name, ...each })),
      missing: [],
    },
    environment: report.environment,
    warnings: measured.warnings,
    hasPage: true,
  };
}
