import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathOfUrl } from '@distilljs/core';

/** The JSON file of a saved model: the path itself where it is a file, else the folder's `model.json`. */
export async function modelFile(place: string): Promise<string> {
  const path = place.startsWith('file:') ? pathOfUrl(place) : place;
  return (await stat(path).catch(() => undefined))?.isFile() === true ? path : join(path, 'model.json');
}

/** SHA-256 over a saved model's JSON file and the weight files that it names, in hex. The model can be loaded. */
export async function modelFilesDigest(place: string): Promise<string> {
  const file = await modelFile(place);
  const { weightsManifest } = JSON.parse(await readFile(file, 'utf8')) as {
    readonly weightsManifest: readonly { readonly paths: readonly string[] }[];
  };
  const names = new Set([basename(file), ...weightsManifest.flatMap(({ paths }) => paths)]);
  const hash = createHash('sha256');
  for (const name of [...names].sort()) hash.update(await readFile(join(dirname(file), name)));
  return hash.digest('hex');
}
