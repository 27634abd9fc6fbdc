import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { packageFolders, readManifest } from '../workspace.mjs';
import { importsOf } from './imports.mjs';

/** @import { Manifest } from '../workspace.mjs' */
/** @import { Import } from './imports.mjs' */
/** @import { Problem } from '../problem.mjs' */

/**
 * One source file of a package.
 *
 * @typedef {object} Source
 * @property {string} path from the repository's root, with `/`
 * @property {string} place from the package's folder, with `/`
 * @property {'src' | 'bin' | 'test' | 'config'} area `src` and `bin` are published
 * @property {string} text
 * @property {ts.SourceFile} syntax
 * @property {readonly Import[]} imports
 */

/**
 * @typedef {object} Package
 * @property {string} folder its name under `packages/`
 * @property {string} path `packages/FOLDER`
 * @property {string} name as published: `@distilljs/FOLDER`
 * @property {'core' | 'technique' | 'bench'} role
 * @property {Manifest} manifest
 * @property {readonly string[]} files every file but built and installed ones, from the package's folder, with `/`
 * @property {readonly Source[]} sources
 */

/** @typedef {{ root: string, manifest: Manifest, packages: readonly Package[] }} Repository */

/** @typedef {(repository: Repository) => Problem[]} Rule */

const GENERATED = new Set(['node_modules', 'dist', 'coverage', '.nx', 'tmp']);
const SOURCE = new Set(['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/**
 * Reads all packages once; beyond this the rules read only single files of {@link Package.files}.
 *
 * @param {string} root
 * @returns {Repository}
 */
export function readRepository(root) {
  return {
    root,
    manifest: readManifest(root),
    packages: packageFolders(root).map((folder) => readPackage(root, folder)),
  };
}

/**
 * @param {string} root @param {string} folder
 * @returns {Package}
 */
function readPackage(root, folder) {
  const path = `packages/${folder}`;
  const directory = join(root, path);
  const files = filesUnder(directory, directory);
  return {
    folder,
    path,
    name: `@distilljs/${folder}`,
    role: folder === 'core' || folder === 'bench' ? folder : 'technique',
    manifest: readManifest(directory),
    files,
    sources: files
      .filter((place) => SOURCE.has(extname(place)))
      .map((place) => readSource(root, path, place)),
  };
}

/**
 * @param {string} top @param {string} directory
 * @returns {string[]}
 */
function filesUnder(top, directory) {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !GENERATED.has(entry.name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesUnder(top, path) : [relative(top, path).split(sep).join('/')];
    })
    .sort();
}

/**
 * @param {string} root @param {string} packagePath @param {string} place
 * @returns {Source}
 */
function readSource(root, packagePath, place) {
  const path = `${packagePath}/${place}`;
  const text = readFileSync(join(root, path), 'utf8');
  const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const top = place.split('/')[0] ?? '';
  const area = top === 'src' || top === 'bin' || top === 'test' ? top : 'config';
  return { path, place, area, text, syntax, imports: importsOf(syntax) };
}

/**
 * Text of a file in the repository; undefined where there is none.
 *
 * @param {Repository} repository @param {string} path from the root
 */
export function readText(repository, path) {
  const file = join(repository.root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
