import { DistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';

/** A loaded ONNX graph. */
export interface OnnxSession {
  /** Computes values by name for one batch of images in the graph's own layout. */
  run(
    images: Float32Array,
    shape: readonly number[],
    wanted: readonly string[],
  ): Promise<ReadonlyMap<string, Numbers>>;
  release(): void;
}

/** Values of a batch. */
export interface Numbers {
  /** None for a type without floats. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
  /** As onnxruntime calls it: `float32`, `int64`, … */
  readonly type: string;
}

interface RuntimeTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
  readonly type?: string;
}

/** The parts of `onnxruntime-node` and `onnxruntime-web` that are used; both have the same interface. */
interface Runtime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: object): Promise<RuntimeSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}

interface RuntimeSession {
  run(
    feeds: Readonly<Record<string, object>>,
    wanted: readonly string[],
  ): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

export interface OnnxSource {
  /** Name of the input. */
  readonly input: string;
  /** The module `onnxruntime-web`, if passed by the user. */
  readonly runtime: object | undefined;
  /** Local folder of files with external weights. */
  readonly folder: string | undefined;
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/**
 * Loads a graph into the given runtime, else into an installed one, the native one first.
 *
 * @throws DistillError code `platform` without a runtime, `network` for a graph that the runtime refuses
 */
export async function openSession(
  bytes: Uint8Array,
  where: string,
  { input, folder, external, runtime: given }: OnnxSource,
): Promise<OnnxSession> {
  const { runtime, isNative } =
    given === undefined ? await loadRuntime() : { runtime: given as Runtime, isNative: false };
  const files =
    isNative && folder !== undefined
      ? { extra: { session: { model_external_initializers_file_folder_path: folder } } }
      : { externalData: external };
  let session: RuntimeSession;
  try {
    // Level 3 logs only errors: warnings about graph optimization do not help a user.
    const options = { logSeverityLevel: 3, ...(external.length > 0 && files) };
    session = await runtime.InferenceSession.create(bytes, options);
  } catch (cause) {
    throw refusal(where, 'a graph that onnxruntime runs', cause);
  }
  return {
    async run(images, shape, wanted) {
      const feeds = { [input]: new runtime.Tensor('float32', images, shape) };
      const unique = [...new Set(wanted)];
      try {
        const found = await session.run(feeds, unique);
        return new Map(unique.map((name) => [name, numbersOf(found[name] as RuntimeTensor)]));
      } catch (cause) {
        throw refusal(where, `a graph that takes images of shape [${shape.join(', ')}]`, cause);
      }
    },
    release() {
      session.release().catch(() => undefined);
    },
  };
}

/** A copy: some engines return their own memory. */
function numbersOf({ data, dims: shape, type = 'float32' }: RuntimeTensor): Numbers {
  const values = !type.startsWith('float')
    ? new Float32Array()
    : data instanceof Uint16Array
      ? Float32Array.from(data, fromHalf)
      : Float32Array.from(data);
  return { values, shape, type };
}

/** A float16 as its bits: sign, five of the exponent, ten of the fraction. */
function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function refusal(where: string, expected: string, cause: unknown): DistillError {
  const got = `"${firstLine(cause).slice(0, 300)}"`;
  return new DistillError({ code: 'network', where, expected, got, cause });
}

const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'];

async function loadRuntime(): Promise<{ readonly runtime: Runtime; readonly isNative: boolean }> {
  const reasons: Error[] = [];
  for (const specifier of RUNTIMES) {
    try {
      // Not a literal: a bundler would fail on an optional package that is not installed.
      const loaded = (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as Runtime & {
        readonly default?: Runtime;
      };
      const runtime = 'InferenceSession' in loaded ? loaded : (loaded as { default?: Runtime }).default;
      if (runtime !== undefined) return { runtime, isNative: specifier === RUNTIMES[0] };
    } catch (cause) {
      reasons.push(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }
  // Report the reason of a package that is installed but does not load.
  const broken = reasons.find(
    (each) => !/cannot find (?:module|package)|failed to (?:load url|resolve)/i.test(each.message),
  );
  throw new DistillError({
    code: 'platform',
    where: 'ONNX teacher',
    expected: 'the package onnxruntime-node or onnxruntime-web, which runs ONNX files',
    got: broken === undefined ? 'none' : `"${broken.message.split('\n')[0]?.slice(0, 200) ?? ''}"`,
    hint: 'npm i onnxruntime-node; in a page import onnxruntime-web and pass it in `packages`.',
    cause: broken ?? reasons[0],
  });
}
