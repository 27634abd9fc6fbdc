import * as tf from '@tensorflow/tfjs-core';

/** A compute shader in the form that tfjs's webgpu backend runs; it writes one tensor, `result`. */
interface Program {
  readonly shaderKey: string;
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatchLayout: { readonly x: readonly number[]; readonly y?: readonly number[] };
  readonly dispatch: readonly [number, number, number];
  readonly size: boolean;
  readonly uniforms: string;
  readonly getUserCode: () => string;
}

/** The part of tfjs's webgpu backend that can run any shader. */
interface WebGpuBackend {
  runWebGPUProgram(
    program: Program,
    inputs: readonly tf.TensorInfo[],
    dtype: tf.DataType,
    uniforms: readonly { readonly type: 'int32' | 'float32'; readonly data: readonly number[] }[],
  ): tf.TensorInfo;
}

/** What differs between the shaders of this folder. */
export interface Shader {
  /** Unique name: the key under which compiled shaders are cached. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly outputShape: readonly number[];
  /** WGSL functions and variables outside the body. */
  readonly helpers?: string;
  /** WGSL that reads the inputs by name, and `uniforms.KEY`, and writes `result`. */
  readonly body: string;
  /** Numbers that the body reads: whole ones as i32 under `integers`, others as f32 under `floats`. */
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  /** Groups of {@link TILE} × {@link TILE} threads; without it a thread per number of the result, `index`. */
  readonly tiles?: readonly [number, number];
}

/** Edge of a group of threads that share memory: 256 of them, as many as every device takes. */
export const TILE = 16;

const LINE = 64;

/** Runs a shader once, in order with the backend's other work. */
export function runShader(backend: unknown, shader: Shader): tf.TensorInfo {
  const { name, inputs, outputShape, helpers = '', body, integers = {}, floats = {}, tiles } = shader;
  const size = tf.util.sizeFromShape([...outputShape]);
  const program: Program = {
    shaderKey: `distilljs ${name}`,
    variableNames: Object.keys(inputs),
    outputShape,
    workgroupSize: tiles === undefined ? [LINE, 1, 1] : [TILE, TILE, 1],
    // A second axis tells the backend that `main` takes no index.
    dispatchLayout: tiles === undefined ? { x: outputShape.map((_, axis) => axis) } : { x: [0], y: [1] },
    dispatch: tiles === undefined ? [Math.ceil(size / LINE), 1, 1] : [...tiles, 1],
    size: true,
    uniforms: [
      ...Object.keys(integers).map((key) => `${key} : i32, `),
      ...Object.keys(floats).map((key) => `${key} : f32, `),
    ].join(''),
    getUserCode: () =>
      tiles === undefined
        ? `${helpers} fn main(index : i32) { if (index < uniforms.size) { ${body} } }`
        : `${helpers} fn main() { ${body} }`,
  };
  return (backend as WebGpuBackend).runWebGPUProgram(program, Object.values(inputs), 'float32', [
    ...Object.values(integers).map((value) => ({ type: 'int32' as const, data: [value] })),
    ...Object.values(floats).map((value) => ({ type: 'float32' as const, data: [value] })),
  ]);
}

/** Whether the current backend can run this package's shaders. */
export const hasShaders = (kernelName: string): boolean =>
  tf.getBackend() === 'webgpu' && (tf.getKernel(kernelName, 'webgpu') as unknown) != null;
