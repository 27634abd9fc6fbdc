import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import * as prettier from 'prettier';
import { problemText } from '../problem.mjs';
import { homeOf, readManifest } from '../workspace.mjs';
import { fill, inJson } from './fill.mjs';
import { namesOf } from './names.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Names } from './names.mjs' */

const TEMPLATE = join(import.meta.dirname, 'template');

/**
 * Makes a technique package that builds, tests, packs and follows the conventions. Everything it writes is new: the
 * package's folder, its page in the documentation, and one changeset.
 *
 * @param {string} root of the repository
 * @param {{ name: string, paper: string }} request `paper`: title, authors, venue and address
 * @returns {Promise<string[]>} the files written, from the root
 * @throws Error in the words of {@link problemText}
 */
export async function scaffold(root, { name, paper }) {
  const names = checkRequest(root, name, paper);
  const core = readManifest(join(root, 'packages/core'));
  const tfjs = '@tensorflow/tfjs-core';
  const words = {
    ...names,
    paper: paper.replace(/\.$/, ''),
    node: readManifest(root).engines?.['node'] ?? '',
    repository: homeOf(readManifest(root)),
    coreVersion: core.version ?? '',
    tfjsRange: core.peerDependencies?.[tfjs] ?? '',
    tfjsVersion: core.devDependencies?.[tfjs] ?? '',
  };
  const written = [];
  for (const entry of await readdir(TEMPLATE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const place = source
      .slice(TEMPLATE.length + 1)
      .split(sep)
      .join('/');
    const elsewhere = {
      'changeset.md': `.changeset/add-${name}.md`,
      'page.md': `docs/techniques/${name}.md`,
    };
    const target =
      place in elsewhere
        ? elsewhere[/** @type {keyof typeof elsewhere} */ (place)]
        : `packages/${name}/${fill(place, words)}`;
    const text = fill(await readFile(source, 'utf8'), words, target.endsWith('.json') ? inJson : undefined);
    written.push(await write(root, target, await formatted(join(root, target), text)));
  }
  const license = await readFile(join(root, 'LICENSE'), 'utf8');
  written.push(await write(root, `packages/${name}/LICENSE`, license));
  return written.sort();
}

/**
 * @param {string} root @param {string} name @param {string} paper
 * @returns {Names}
 */
function checkRequest(root, name, paper) {
  const names = namesOf(name);
  if (names === undefined) {
    throw refused({
      where: 'NAME',
      expected: 'lower-case words joined by dashes that make an identifier',
      got: `'${name}'`,
      hint: "Choose one such as 'rkd' or 'logit-match'.",
    });
  }
  if (existsSync(join(root, 'packages', name))) {
    throw refused({
      where: `packages/${name}`,
      expected: 'no such folder yet',
      got: 'one',
      hint: 'Choose another name, or remove the folder.',
    });
  }
  // It is inserted into comments, Markdown and JSON unescaped.
  if (!/https:\/\/\S/.test(paper) || /[\n\r]|\*\//.test(paper)) {
    throw refused({
      where: '--paper',
      expected: 'title, authors, venue and an https:// address in one line',
      got: `'${paper}'`,
      hint: 'The README, the docstrings and the description cite it.',
    });
  }
  return names;
}

/** @param {Problem} problem */
function refused(problem) {
  return new Error(problemText(problem));
}

/** Formats a text as the repository does, because names of other lengths change the line breaks. @param {string} path @param {string} text */
async function formatted(path, text) {
  const { inferredParser } = await prettier.getFileInfo(path);
  if (inferredParser === null) return text;
  return prettier.format(text, { ...(await prettier.resolveConfig(path)), filepath: path });
}

/** @param {string} root @param {string} path @param {string} text */
async function write(root, path, text) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text, { flag: 'wx' });
  return path;
}
