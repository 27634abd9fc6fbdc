import * as tf from '@tensorflow/tfjs-core';
import { describeValue, DistillError, nearestNameHint } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { isNode } from '../platform/node-module.js';
import { watchDevice } from './device-fault.js';
import { ENGINES } from './engines.js';
import type { EngineDescription, EngineName } from './engines.js';
import { stepsAsGraphs, whyNoGraphs } from './graph/index.js';
import { missingTrainingKernels, registerTrainingKernels } from './kernels/register.js';
import { askForThreads } from './wasm/threads.js';

/** The engine that runs, and why no other does. */
export interface Engine {
  readonly name: EngineName;
  /** Name of the tfjs backend. */
  readonly backend: string;
  /**
   * Version of tfjs, and of what is underneath where it tells; on wasm also the number of threads, and why it is only
   * one, if so. Bytes do not depend on that number. On node and node-gpu, whether steps run as graphs, and why not, if so.
   */
  readonly version: string;
  /** True where one seed gives the same bytes on every run. */
  readonly reproducible: boolean;
  /** Engines that were preferred and could not be had. */
  readonly refused: readonly { readonly name: EngineName; readonly reason: string }[];
}

/** Environment variable that names the engine when the caller does not. */
export const ENGINE_VARIABLE = 'DISTILLJS_ENGINE';

export interface ResolveEngineOptions {
  /**
   * Is told when `auto` falls to `wasm` or `cpu` although a faster engine is there, and always when it falls to `cpu`.
   * Default: `console.warn`.
   */
  readonly warn?: ((message: string) => void) | undefined;
  /**
   * Threads of the engine `wasm`. Counts when that engine starts, once per program or worker. Default: the environment variable
   * `DISTILLJS_THREADS`, else the processors (at most 8); in a worker of a page one fewer, so that the page keeps one.
   */
  readonly threads?: number | undefined;
}

/**
 * Makes an engine the current tfjs backend, with every kernel that training needs.
 *
 * `auto` takes the first of node-gpu, node, webgpu, wasm, cpu that loads and has the kernels, and reports why each
 * earlier one was refused. An engine that is asked for by name and cannot be had is an error; there is no fallback.
 * @param name default: the environment variable `DISTILLJS_ENGINE`, else `auto`
 * @throws DistillError code `engine`, saying how to get the engine; `option` for a number of threads that is none
 */
export async function resolveEngine(
  name: string = nameFromEnvironment(),
  { warn = console.warn, threads }: ResolveEngineOptions = {},
): Promise<Engine> {
  if (threads !== undefined) askForThreads(threads);
  const names = ['auto', ...ENGINES.map((engine) => engine.name)];
  if (!names.includes(name)) {
    throw new DistillError({
      code: 'engine',
      where: 'engine',
      expected: `one of ${names.join(', ')}`,
      got: typeof name === 'string' ? `'${name}'` : describeValue(name),
      hint: nearestNameHint(name, names),
    });
  }
  const refused: { name: EngineName; reason: string }[] = [];
  for (const engine of ENGINES) {
    if (name !== 'auto' && name !== engine.name) continue;
    const reason = (await start(engine)) ?? (name === 'auto' ? engine.detour?.() : undefined);
    if (reason === undefined) {
      const notice = name === 'auto' ? fallNotice(engine.name, refused) : undefined;
      if (notice !== undefined) warn(notice);
      return describe(engine, refused);
    }
    refused.push({ name: engine.name, reason });
  }
  const wanted = ENGINES.find((engine) => engine.name === name);
  throw new DistillError({
    code: 'engine',
    where: `engine '${name}'`,
    expected: 'an engine that loads and has the kernels that training needs',
    got: refused.map(({ name: refusedName, reason }) => `${refusedName}: ${reason}`).join('; '),
    hint: wanted?.hint ?? 'Install @tensorflow/tfjs-backend-wasm and @tensorflow/tfjs-backend-cpu.',
  });
}

/** Tries an engine. @returns why it cannot be used, or nothing */
async function start(engine: EngineDescription): Promise<string | undefined> {
  const environment = tf.env();
  const wasProduction = environment.getBool('PROD');
  // Greetings of the backends, and a warning per kernel when two packages bring the same backend.
  environment.set('PROD', true);
  try {
    await engine.load();
    if (!(await tf.setBackend(engine.backend))) return `backend '${engine.backend}' does not start`;
    await tf.ready();
    // The first tensor, now, while greetings are off.
    tf.scalar(0).dispose();
    registerTrainingKernels();
    watchDevice();
    const missing = missingTrainingKernels(engine.backend);
    if (missing.length > 0) return `lacks the kernels ${missing.join(', ')}`;
    return engine.refusal?.();
  } catch (error) {
    return firstLine(error)
      .replace(NOT_FOUND, 'the package $1 is not installed')
      .replace(NO_BINDING, 'its native binding (tfjs_binding.node) is not built');
  } finally {
    environment.set('PROD', wasProduction);
  }
}

/** What Node says of a package that is not there, with the path of the file that asked for it; not of a file. */
const NOT_FOUND = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?\w[\w.-]*)'.*$/;

/** What tfjs-node says where its install script could not bring its binding, with a path. */
const NO_BINDING = /^The Node\.js native addon module \(tfjs_binding\.node\) can not be found at path: .*$/;

/** Nobody is told of an engine that nobody installed, unless what is left is very slow. */
function fallNotice(name: EngineName, refused: Engine['refused']): string | undefined {
  if (name !== 'wasm' && name !== 'cpu') return undefined;
  const told = refused.filter(({ reason }) => name === 'cpu' || !ABSENT.test(reason));
  if (told.length === 0) return undefined;
  const reasons = told.map(({ name: other, reason }) => `${other}: ${reason}`).join('; ');
  return `distilljs runs on the engine '${name}'. Faster ones do not work here (${reasons}).`;
}

/** What is said of a package that is not there: here, and by browsers. */
const ABSENT =
  /is not installed$|^Cannot find module|runs in Node only|resolve module specifier|bare specifier|does not start with/;

async function describe(engine: EngineDescription, refused: Engine['refused']): Promise<Engine> {
  const binding = (tf.backend() as unknown as { readonly binding?: { readonly TF_Version?: string } })
    .binding;
  const native = binding?.TF_Version === undefined ? '' : `, TensorFlow ${binding.TF_Version}`;
  const why = whyNoGraphs();
  const route = why === undefined ? await stepsAsGraphs() : `steps operation by operation (${why})`;
  const details = native === '' ? engine.details?.() : route;
  return {
    name: engine.name,
    backend: engine.backend,
    version: `tfjs ${tf.version_core}${native}${details === undefined ? '' : `, ${details}`}`,
    reproducible: engine.name === 'wasm' || engine.name === 'cpu',
    refused,
  };
}

function nameFromEnvironment(): string {
  const set = isNode() ? process.env[ENGINE_VARIABLE] : undefined;
  return set === undefined || set === '' ? 'auto' : set;
}
