import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import * as layers from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '@distilljs/core';
import type { ModelMetadata } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { expectFolderPath, isWithin, pathsOf, realPath } from '../run/places.js';
import type { ModelCard } from './model-card.js';
import { LIBRARY_FOLDER, PAGE_LIBRARIES, PAGE_SCRIPT, PAGE_STYLE, pageHtml } from './page.js';

/* The files of an export: which folder may hold them, and how they are written. */

/** The file that marks a folder as an export. */
export const CARD = 'card.json';

/**
 * Checks that an export may replace a folder: a new one, an empty one, or one that holds only the unchanged files of an earlier
 * export.
 *
 * @param root the run folder
 * @param config the run's configuration: its own folders, and the files that it reads, are protected
 * @param option the option that names the folder, for messages
 * @returns the path with symbolic links resolved
 * @throws DistillError code `config` for any other folder: a user's files are neither removed nor overwritten
 */
export async function expectReplaceable(
  to: string,
  root: string,
  config: RunConfig,
  option = '--to',
): Promise<string> {
  expectFolderPath(to, `export, ${option}`);
  const refuse = (got: string): never => {
    throw new DistillError({
      code: 'config',
      where: `export, ${option}`,
      expected: 'a new folder, an empty one, or one that holds an earlier export',
      got: `${to}, ${got}`,
      hint: `Use another ${option}.`,
    });
  };
  const [target, run] = [realPath(to), realPath(root)];
  if (target === run) refuse('the run folder');
  if (isWithin(run, target)) refuse('a folder with the run folder in it');
  if (isWithin(target, run)) {
    const [own = '', ...below] = relative(run, target).split(sep);
    const isTaken =
      ['teacher', 'tune', 'tasks'].includes(own) ||
      config.methods.some(({ as }) => as.toLowerCase() === own.toLowerCase());
    if (isTaken || (below.length === 0 && own === 'report')) refuse('a folder of the run itself');
  }
  for (const [what, path] of pathsOf(config))
    if (isWithin(path, target)) refuse(`a folder with ${what} in it`);
  const there = await stat(target).catch(() => undefined);
  if (there === undefined) return target;
  if (!there.isDirectory()) refuse('a file');
  const files = await filesOf(target);
  if (files.length === 0) return target;
  const known = await knownFiles(target);
  if (known === undefined) return refuse('a folder with other files');
  for (const file of files) {
    if (!known.has(file)) refuse(`an export with other files in it (${file})`);
    const digest = known.get(file);
    if (digest !== undefined && digest !== (await digestOf(join(target, file))))
      refuse(`an export whose ${file} was changed since`);
  }
  return target;
}

/** Every file and empty folder within a folder, by relative path with `/`. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const isFull = (path: string): boolean => paths.some((other) => dirname(other) === path);
  return paths
    .filter((path, at) => entries[at]?.isDirectory() !== true || !isFull(path))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

/** The files of an earlier export, with their digests where its card has them; undefined for any other folder. */
async function knownFiles(folder: string): Promise<ReadonlyMap<string, string | undefined> | undefined> {
  const text = await readFile(join(folder, CARD), 'utf8').catch(() => '');
  if (!text.startsWith(`{\n  "kind": "distilljs export"`)) return undefined;
  const libraries = Object.values(PAGE_LIBRARIES).flat();
  const names = [
    ...['README.md', 'model.json', 'weights.bin', 'index.html', 'page.js', 'page.css'],
    ...libraries.map((file) => `${LIBRARY_FOLDER}/${file}`),
  ];
  const unsaid = names.map((name) => [name, undefined] as const);
  const said = cardFiles(text);
  return new Map<string, string | undefined>([[CARD, undefined], ...(said ?? unsaid)]);
}

/** The files and digests in a card; undefined for a damaged card, or one from an older version. */
function cardFiles(text: string): readonly (readonly [string, string])[] | undefined {
  try {
    const { files } = JSON.parse(text) as Partial<ModelCard>;
    return files && Object.entries(files);
  } catch {
    return undefined;
  }
}

const digestOf = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** SHA-256 of every file of an export, by path. */
export async function exportDigests(folder: string): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const file of await filesOf(folder)) digests[file] = await digestOf(join(folder, file));
  return digests;
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
