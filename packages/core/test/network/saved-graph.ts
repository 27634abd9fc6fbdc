import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@distilljs/core';

const random = createRandom(1);
/** `[3, 3, 2, 4]`. */
export const kernel = Float32Array.from({ length: 3 * 3 * 2 * 4 }, () => random.normal());
/** `[4, 3]`. */
export const dense = Float32Array.from({ length: 4 * 3 }, () => random.normal());

/** As the converter writes it: convolution, ReLU, mean over positions, matrix product, and a softmax or a sigmoid if asked for. */
export async function savedGraph(place: string, last: boolean | 'Sigmoid'): Promise<string> {
  const float = { type: 'DT_FLOAT' };
  const shape = (...axes: number[]): object => ({
    shape: { dim: axes.map((size) => ({ size: String(size) })) },
  });
  const node = (name: string, op: string, input: string[], attr: object = {}): object => ({
    ...{ name, op, input },
    attr: { T: float, ...attr },
  });
  const constant = (name: string, type = 'DT_FLOAT'): object => ({
    name,
    op: 'Const',
    input: [],
    attr: { dtype: { type } },
  });
  const list = (...values: number[]): object => ({ list: { i: values.map(String) } });
  const nodes = [
    node('images', 'Placeholder', [], { dtype: float, shape: shape(-1, 6, 6, 2) }),
    constant('kernel'),
    constant('axes', 'DT_INT32'),
    constant('dense'),
    node('stage1/conv', 'Conv2D', ['images', 'kernel'], {
      strides: list(1, 1, 1, 1),
      dilations: list(1, 1, 1, 1),
      padding: { s: 'U0FNRQ==' },
      data_format: { s: 'TkhXQw==' },
    }),
    node('stage1/relu', 'Relu', ['stage1/conv']),
    node('pool', 'Mean', ['stage1/relu', 'axes'], { keep_dims: { b: false } }),
    node('logits', 'MatMul', ['pool', 'dense'], { transpose_a: { b: false }, transpose_b: { b: false } }),
    ...(last === false ? [] : [node('probabilities', last === true ? 'Softmax' : last, ['logits'])]),
    node('output', 'Identity', [last === false ? 'logits' : 'probabilities']),
  ];
  const weights = [
    { name: 'kernel', shape: [3, 3, 2, 4], dtype: 'float32' },
    { name: 'dense', shape: [4, 3], dtype: 'float32' },
    { name: 'axes', shape: [2], dtype: 'int32' },
  ];
  await mkdir(place, { recursive: true });
  const bytes = Buffer.concat([kernel, dense, Int32Array.of(1, 2)].map((part) => Buffer.from(part.buffer)));
  await writeFile(join(place, 'weights.bin'), bytes);
  const json = {
    format: 'graph-model',
    modelTopology: { node: nodes, library: {}, versions: { producer: 1 } },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  await writeFile(join(place, 'model.json'), JSON.stringify(json));
  return place;
}
