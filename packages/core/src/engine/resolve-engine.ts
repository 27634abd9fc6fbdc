import * as tf from '@tensorflow/tfjs-core';
import { describeValue, DistillError, nearestNameHint } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { expectKnown } from '../option/check-options.js';
import { isNode } from '../platform/node-module.js';
import { watchDevice } from './device-fault.js';
import { ENGINES } from './engines.js';
import type { EngineDescription, EngineName } from './engines.js';
import { stepsAsGraphs, whyNoGraphs } from './graph/index.js';
import { missingTrainingKernels, registerTrainingKernels } from './kernels/register.js';
import { expectVariables } from './variables.js';
import { askForThreads } from './wasm/threads.js';

/** The current engine, and why preferred ones were refused. */
export interface Engine {
  readonly name: EngineName;
  /** Name of the tfjs backend. */
  readonly backend: string;
  /**
   * Version of tfjs, and of TensorFlow on node and node-gpu; there also whether steps run as graphs, or why
   * not. On wasm the number of threads, and why there is only one, if so. Results do not depend on that number.
   */
  readonly version: string;
  /** True if equal seeds give bitwise equal results on every run. */
  readonly reproducible: boolean;
  /** Preferred engines that are not available, with the reasons. */
  readonly refused: readonly { readonly name: EngineName; readonly reason: string }[];
}

/** Environment variable that names the engine where the caller leaves the choice open. */
export const ENGINE_VARIABLE = 'DISTILLJS_ENGINE';

export interface ResolveEngineOptions {
  /**
   * Called when `auto` falls back to `wasm` although a faster engine is installed but does not work, and
   * whenever it falls back to `cpu`. Default: `console.warn`.
   */
  readonly warn?: ((message: string) => void) | undefined;
  /**
   * Number of threads of the engines `wasm`, `node` and `node-gpu`. Takes effect when the engine first starts in a
   * program or worker (`node`: not in a worker). The numbers of `node` depend on it by rounding, those of `wasm` do
   * not. Default: the environment variable `DISTILLJS_THREADS`, else the number of processors; for `wasm` at most 8,
   * and in a page's worker one fewer. TensorFlow's own variables, such as `TF_NUM_INTRAOP_THREADS`, take precedence.
   */
  readonly threads?: number | undefined;
}

/**
 * Makes an engine the current tfjs backend, with every kernel that training needs.
 *
 * `auto` takes the engine that the environment variable `DISTILLJS_ENGINE` names. Without it, `auto` takes the
 * first of node-gpu, node, webgpu, wasm, cpu that loads and has the kernels, and reports why earlier ones were
 * refused. WebGPU by a software renderer is skipped. An engine requested by name has no fallback.
 * @param asked default: `auto`
 * @throws DistillError code `engine` for an unavailable engine, with how to install it; `option` for an unknown
 *   option, an invalid number of threads, or environment variable
 */
export async function resolveEngine(asked = 'auto', options: ResolveEngineOptions = {}): Promise<Engine> {
  expectKnown('resolveEngine', options, ['warn', 'threads']);
  const { warn = console.warn, threads } = options;
  expectVariables();
  if (threads !== undefined) askForThreads(threads);
  const names = ['auto', ...ENGINES.map((engine) => engine.name)];
  const set = asked === 'auto' ? nameFromEnvironment() : undefined;
  const name = set ?? asked;
  const source = set === undefined ? '' : ` of ${ENGINE_VARIABLE}`;
  if (!names.includes(name)) {
    throw new DistillError({
      code: set === undefined ? 'engine' : 'option',
      where: `engine${source}`,
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
    where: `engine '${name}'${source}`,
    expected: 'an engine that loads and has the kernels that training needs',
    got: refused.map(({ name: refusedName, reason }) => `${refusedName}: ${reason}`).join('; '),
    hint: wanted?.hint ?? 'Install @tensorflow/tfjs-backend-wasm and @tensorflow/tfjs-backend-cpu.',
  });
}

/** Starts an engine. @returns why it cannot be used; undefined if it runs */
async function start(engine: EngineDescription): Promise<string | undefined> {
  const environment = tf.env();
  const wasProduction = environment.getBool('PROD');
  // Silences the backends' greetings, and a warning per kernel if two packages contain the same backend.
  environment.set('PROD', true);
  try {
    await engine.load();
    if (!(await tf.setBackend(engine.backend))) return `backend '${engine.backend}' does not start`;
    await tf.ready();
    // The first tensor triggers a greeting: make it while these are silenced.
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

/** Node's error for a missing package (not a missing file), with the path of the importing file. */
const NOT_FOUND = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?\w[\w.-]*)'.*$/;

/** The error of tfjs-node if its install script could not fetch its binding, with a path. */
const NO_BINDING = /^The Node\.js native addon module \(tfjs_binding\.node\) can not be found at path: .*$/;

/** The notice about a fallback. Engines that are not installed are mentioned only if the fallback is `cpu`. */
function fallNotice(name: EngineName, refused: Engine['refused']): string | undefined {
  if (name !== 'wasm' && name !== 'cpu') return undefined;
  const told = refused.filter(({ reason }) => name === 'cpu' || !ABSENT.test(reason));
  if (told.length === 0) return undefined;
  const reasons = told.map(({ name: other, reason }) => `${other}: ${reason}`).join('; ');
  return `distilljs runs on the engine '${name}'. Faster ones do not work here (${reasons}).`;
}

/** Reasons that mean a missing package, here and in browsers. */
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

function nameFromEnvironment(): string | undefined {
  const set = isNode() ? process.env[ENGINE_VARIABLE] : undefined;
  return set === '' ? undefined : set;
}
