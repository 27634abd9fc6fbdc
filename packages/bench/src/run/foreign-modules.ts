import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { DistillError, isDistillError, nearestNameHint } from '@distilljs/core';
import type { Method } from '@distilljs/core';
import { resolve as resolvePackage } from 'import-meta-resolve';
import { nameOfModule } from '../config/index.js';
import type { CatalogEntry } from './catalog-entry.js';

/*
 * Code that a configuration names with `from`. It runs as part of this process, with all its rights; nothing else in a
 * configuration runs code.
 */

/** A module that was imported. */
export interface ForeignModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** SHA-256 of its own file, without its imports. */
  readonly digest: string;
}

/** The value of `from` in a configuration. */
type From = string;

/** Imported modules, and the errors of failed ones, because a configuration is checked before it runs. */
const modules = new Map<From, ForeignModule | DistillError>();

/**
 * Imports a module once per process. Packages are searched for in these folders and those above.
 *
 * @throws DistillError code `config` for a module that is missing or does not load
 */
export async function importModule(
  from: From,
  folders: readonly string[] = [process.cwd()],
): Promise<ForeignModule> {
  const known = modules.get(from) ?? (await loaded(from, folders));
  modules.set(from, known);
  if (isDistillError(known)) throw known;
  return known;
}

/** Imports modules; their errors are reported where each one is used. */
export async function preloadModules(froms: readonly From[]): Promise<void> {
  for (const from of froms) await importModule(from).catch(() => undefined);
}

async function loaded(from: From, folders: readonly string[]): Promise<ForeignModule | DistillError> {
  try {
    return await load(from, folders);
  } catch (error) {
    if (isDistillError(error)) return error;
    throw error;
  }
}

async function load(from: From, folders: readonly string[]): Promise<ForeignModule> {
  const file = fileOf(from, folders);
  let exports: ForeignModule['exports'];
  try {
    exports = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as ForeignModule['exports'];
  } catch (cause) {
    throw refusal(from, 'a module that loads', thrownText(cause), undefined, cause);
  }
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  return { exports, digest };
}

/** What a user's code threw: the first non-empty line of the message, or the error's name. */
export function thrownText(cause: unknown): string {
  if (!(cause instanceof Error)) return `${inspect(cause, { depth: 0 }).slice(0, 300)}, thrown`;
  return `the error "${(/\S.*/.exec(cause.message)?.[0] ?? cause.name).slice(0, 300)}"`;
}

/** @throws DistillError the error of its import */
export function importedModule(from: From): ForeignModule {
  const known = modules.get(from);
  if (known === undefined) throw refusal(from, 'a module that was imported before', 'none');
  if (isDistillError(known)) throw known;
  return known;
}

function fileOf(from: From, folders: readonly string[]): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(from) && !from.startsWith('file:') && !isAbsolute(from))
    throw refusal(from, 'a path or the name of a package', 'a URL');
  const isPath = from.startsWith('file:') || from.startsWith('.') || isAbsolute(from);
  const path = isPath ? (from.startsWith('file:') ? fileURLToPath(from) : resolve(from)) : undefined;
  const found =
    path ?? folders.map((folder) => packageEntry(from, folder)).find((entry) => entry !== undefined);
  if (found !== undefined && existsSync(found) && statSync(found).isFile()) return found;
  if (isPath)
    throw refusal(from, 'a module', 'no such file', 'A path counts from the folder of the configuration.');
  // `methods/mine.mjs` is meant as a path; `chart.js` may be either.
  const hint = /\.[cm]?[jt]s$/.test(from)
    ? `A path begins with ./: write ./${from}. If it is a package: npm i ${from}`
    : `npm i ${from}`;
  throw refusal(from, 'a package that is installed', 'none', hint);
}

/** The file that `import` takes for a package from a folder; undefined if none is installed. */
function packageEntry(name: From, folder: string): string | undefined {
  try {
    const url = resolvePackage(name, pathToFileURL(join(folder, 'any.mjs')).href);
    return url.startsWith('file:') ? fileURLToPath(url) : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw refusal(name, 'a package that can be imported', thrownText(cause), undefined, cause);
  }
}

/** A method factory, as `defineMethod` returns it. */
interface Factory {
  (options: object): unknown;
  readonly methodName?: unknown;
  readonly defaults?: unknown;
}

/**
 * The methods of a module: its default export, and every export made by `defineMethod`.
 *
 * @throws DistillError code `config` for a module without any
 */
export function methodsOf(from: From, { exports }: ForeignModule): readonly CatalogEntry[] {
  const entries = Object.entries(exports).flatMap(([key, value]): CatalogEntry[] => {
    if (typeof value !== 'function') return [];
    const factory = value as Factory;
    const { methodName, defaults } = factory;
    if (key !== 'default' && typeof methodName !== 'string') return [];
    const own = typeof methodName === 'string' ? methodName : nameOfModule(from);
    return [entry(from, own, key, factory, typeof defaults === 'object' ? (defaults ?? {}) : {})];
  });
  // A factory may be both the default and a named export.
  const unique = entries.filter(({ name }, at) => entries.findIndex((each) => each.name === name) === at);
  if (unique.length > 0) return unique;
  const found = Object.keys(exports);
  throw refusal(
    from,
    'a default export, or an export made by defineMethod',
    found.length === 0 ? 'no exports' : `the exports ${found.slice(0, 10).join(', ')}`,
    'Write `export default defineMethod({ … })`.',
  );
}

function entry(from: From, name: string, key: string, factory: Factory, defaults: object): CatalogEntry {
  return {
    name,
    summary: key === 'default' ? 'default export' : `export ${key}`,
    package: from,
    defaults,
    ...('networks' in defaults && { cohort: true }),
    create: (options) => checkedMethod(`module ${from}`, name, () => factory(options)),
  };
}

/**
 * Calls a user's factory, which may throw or return anything.
 *
 * @throws DistillError code `config` where the result is not a method of this contract, or the function throws another error; a
 * `DistillError` of the function as it is
 */
export function checkedMethod(where: string, name: string, make: () => unknown): Method {
  const refuse = (expected: string, got: string, hint?: string, cause?: unknown): DistillError =>
    new DistillError({ code: 'config', where, expected, got, hint, cause });
  let made: unknown;
  try {
    made = make();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    throw refuse(`a function that makes method '${name}'`, thrownText(cause), undefined, cause);
  }
  const { spec, plan, options: own } = (made ?? {}) as Partial<Record<keyof Method, unknown>>;
  if (spec !== 'v1' && typeof plan === 'function') {
    const hint = 'Update the older of the two: the module or @distilljs/core.';
    throw refuse(`method '${name}' of contract v1`, `contract ${String(spec)}`, hint);
  }
  if (spec === 'v1' && typeof plan === 'function' && typeof own === 'object') return made as Method;
  throw refuse('a method, as defineMethod makes it', made === undefined ? 'nothing' : typeof made);
}

/**
 * One of a module's methods.
 *
 * @param name the configured name; a name that the configuration did not choose also finds the module's only method
 * @throws DistillError code `config`
 */
export function foreignMethod(from: From, name: string): CatalogEntry {
  const module = importedModule(from);
  const all = methodsOf(from, module);
  const found = all.find((each) => each.name === name || each.summary === `export ${name}`);
  if (found !== undefined) return found;
  const [only, ...others] = all;
  if (
    only !== undefined &&
    name === nameOfModule(from) &&
    (others.length === 0 || 'default' in module.exports)
  )
    return all.find(({ summary }) => summary === 'default export') ?? only;
  const names = all.map((each) => each.name);
  throw refusal(from, 'the name of one of its methods', `'${name}'`, nearestNameHint(name, names));
}

export function refusal(
  from: From,
  expected: string,
  got: string,
  hint?: string,
  cause?: unknown,
): DistillError {
  return new DistillError({ code: 'config', where: `module ${from}`, expected, got, hint, cause });
}
