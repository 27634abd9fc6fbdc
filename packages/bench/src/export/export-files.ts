import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '@distilljs/core';
import type { ModelMetadata } from '@distilljs/core';
import type { RunFolder } from '../run/run-folder.js';
import type { ModelCard } from './model-card.js';
import { LIBRARY_FOLDER, PAGE_LIBRARIES, PAGE_SCRIPT, PAGE_STYLE, pageHtml } from './page.js';

/* The files of an export: which folder may hold them, and how they are written. */

/** The file that tells an export from any other folder. */
export const CARD = 'card.json';

/** @throws DistillError code `config` for a folder that holds anything but an earlier export */
export async function expectReplaceable(target: string, { root }: RunFolder): Promise<void> {
  const refuse = (got: string): never => {
    const expected = 'a new folder, an empty one, or one that holds an earlier export';
    throw new DistillError({
      code: 'config',
      where: 'export, --to',
      expected,
      got,
      hint: 'Use another --to.',
    });
  };
  const there = await stat(target).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isDirectory()) refuse(`${target}, a file`);
  if (target === resolve(root)) refuse(`${target}, the run folder`);
  const entries = await readdir(target);
  if (entries.length === 0) return;
  const text = await readFile(join(target, CARD), 'utf8').catch(() => '');
  if (!text.startsWith(`{\n  "kind": "distilljs export"`)) refuse(`${target}, a folder with other files`);
  const own = new Set([
    CARD,
    'README.md',
    'model.json',
    'weights.bin',
    'index.html',
    'page.js',
    'page.css',
    LIBRARY_FOLDER,
  ]);
  const other = entries.find((entry) => !own.has(entry));
  if (other !== undefined) refuse(`${target}, an export with other files in it (${other})`);
}

export function softmaxOf(model: LayersModel, { output }: ModelMetadata): LayersModel {
  if (output === 'probabilities') {
    throw new DistillError({
      code: 'config',
      where: 'export, --with-softmax',
      expected: 'a student that gives logits',
      got: 'one that ends in a softmax already',
    });
  }
  const probabilities = layers.layers
    .softmax({ name: 'probabilities' })
    .apply(model.outputs[0] as layers.SymbolicTensor);
  return layers.model({
    inputs: model.inputs,
    outputs: probabilities as layers.SymbolicTensor,
    name: model.name,
  });
}

export async function artifactsOf(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  return await new Promise((found, failed) => {
    const handler = tf.io.withSaveHandler((artifacts) => {
      found(artifacts);
      return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
    });
    model.save(handler).catch(failed);
  });
}

export async function writePage(to: string, { student, dataset }: ModelCard): Promise<void> {
  await writeFile(join(to, 'index.html'), pageHtml(`${student}, trained on ${dataset.name}`));
  await writeFile(join(to, 'page.css'), PAGE_STYLE);
  await writeFile(join(to, 'page.js'), PAGE_SCRIPT);
  await mkdir(join(to, LIBRARY_FOLDER));
  const require = createRequire(import.meta.url);
  for (const [name, files] of Object.entries(PAGE_LIBRARIES)) {
    const dist = join(dirname(require.resolve(`${name}/package.json`)), 'dist');
    for (const file of files) await copyFile(join(dist, file), join(to, LIBRARY_FOLDER, file));
  }
}
