import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isDistillError } from '@distilljs/core';
import { presetNames, resolveStudy } from '../../src/config/index.js';
import type { PresetName, RunConfig } from '../../src/config/index.js';
import { configurableMethods } from '../../src/run/method-catalog.js';
import { methodProblems } from '../../src/run/method-problems.js';
import { runConfig } from '../../src/run/run-config.js';
import { writeMadeData } from './made-data.js';

/*
 * Trains every method of every preset for some steps on made data of the right format. What is cut is what costs: images, batches
 * and edges of photographs. Everything else (networks, methods, options, optimizer, schedule, augmentation) is the preset's.
 */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    steps: { type: 'string', default: '20' },
    batch: { type: 'string', default: '8' },
    edge: { type: 'string', default: '64' },
    engine: { type: 'string', default: 'auto' },
    /** Of a study the first task alone. */
    first: { type: 'boolean', default: false },
  },
});
const [steps, batch, edge] = [values.steps, values.batch, values.edge].map(Number) as [
  number,
  number,
  number,
];

/** The runs of a preset. */
function runsOf(
  preset: PresetName,
  dir: string,
): readonly { readonly name: string; readonly config: RunConfig }[] {
  const flags = preset === 'quick' ? [] : [{ dataset: { dir } }];
  const found = resolveStudy({
    preset,
    flags,
    methodNames: configurableMethods,
    checkMethod: methodProblems,
  });
  const runs =
    'tasks' in found
      ? found.tasks.map(({ name, config }) => ({ name: `${preset} ${name}`, config }))
      : [{ name: preset, config: found }];
  return values.first ? runs.slice(0, 1) : runs;
}

/** Big enough for the preset's samplers: pairs of one class need several images of each. */
function cut(config: RunConfig): RunConfig {
  const { dataset } = config;
  const size = 'imageSize' in dataset && dataset.name !== 'tiny-imagenet' ? { imageSize: edge } : {};
  const images = 'trainSize' in dataset ? { trainSize: imagesOf(steps) } : {};
  return {
    ...config,
    // Made data have 16 classes, and fewer images than the paper has clusters. MHGD's first phase has epochs of its own.
    methods: config.methods.map(({ options, ...method }) => ({
      ...method,
      options: {
        ...options,
        ...(typeof options['superclasses'] === 'number' && { superclasses: 16 }),
        ...(/^mhgd/.test(method.name) && { headEpochs: 1 }),
      },
    })),
    tune: undefined,
    tuning: undefined,
    engine: values.engine as RunConfig['engine'],
    dataset: { ...dataset, ...size, ...images },
    validationFraction: 0.1,
    teacher: { ...config.teacher, epochs: 1 },
    seeds: [0],
    epochs: 1,
    batchSize: batch,
    schedule: {
      ...config.schedule,
      warmupEpochs: Math.min(config.schedule.warmupEpochs, 1),
    } as RunConfig['schedule'],
  };
}

/** A tenth of every class, at least one image, is kept for validation. */
const imagesOf = (count: number): number => Math.ceil((count * batch) / 0.8) + 100;

let failures = 0;
for (const preset of presetNames.filter((name) => name.includes(values.only))) {
  const root = mkdtempSync(join(tmpdir(), 'distill-presets-'));
  try {
    for (const { name, config } of runsOf(preset, join(root, 'data'))) {
      const { dataset } = config;
      const made = dataset.name === 'tiny-imagenet' ? 64 : 'imageSize' in dataset ? edge : 32;
      if (dataset.name !== 'synthetic' && dataset.name !== 'folder')
        writeMadeData(join(root, 'data'), {
          format: dataset.name,
          images: imagesOf(steps),
          edge: [made, made],
        });
      if (dataset.name === 'folder') continue;
      const started = performance.now();
      const lines: string[] = [];
      try {
        await runConfig({
          config: cut(config),
          out: join(root, name.replaceAll(' ', '+')),
          existing: 'refuse',
          log: { say: (text) => void lines.push(text), progress: () => ({ name: 'quiet' }) },
        });
        console.log(
          `${name}: ${config.methods.length} methods, ${steps} steps each, ${((performance.now() - started) / 1000).toFixed(0)} s`,
        );
      } catch (error) {
        failures += 1;
        console.log(
          `${name}: FAILED: ${isDistillError(error) ? error.message : String((error as Error).stack)}`,
        );
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
process.exitCode = failures === 0 ? 0 : 1;
