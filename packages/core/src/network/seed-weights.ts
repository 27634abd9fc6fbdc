import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { clearModelMetadata } from '../model-file/metadata.js';
import { expectRandom } from '../random/index.js';
import type { Random } from '../random/index.js';
import { readGraph } from './graph.js';
import { layerConfig, weightsOf, withInner } from './layer.js';
import type { Layer, LayerConfig } from './layer.js';
import { orthogonal } from './orthogonal.js';
import { eachLayer } from './weights.js';

/**
 * Redraws every weight of a model from a seeded stream, with its layer's own initializer.
 *
 * tfjs initializes from unseeded generators. After this call the weights depend only on the stream, the shapes
 * and the layers' names (their places, if tfjs named them), and are the same on every engine.
 * Metadata of the former weights, such as their normalization, are removed.
 * @throws DistillError code `network` for an initializer that cannot be seeded (custom ones), `option` for
 *   anything but a model and a stream
 */
export function seedWeights(model: LayersModel, random: Random): void {
  expectRandom('seedWeights, random', random);
  for (const { layer, key } of eachLayer(readGraph(model))) {
    const holders = holdersOf(layer);
    for (const [weight, variable] of weightsOf(layer)) {
      const where = `${key}/${weight}`;
      const { config, name } = holders.get(variable) ?? { config: layerConfig(layer).config, name: weight };
      const initializer = config[initializerKey(name)] as Initializer | undefined;
      if (initializer === undefined) throw unseedable(where, 'none in the configuration of its layer');
      const draw = valueDrawer(initializer, variable.shape, random.fork(where), where);
      const values = Float32Array.from({ length: variable.size }, draw);
      // An LSTM's bias has four blocks: for the input, forget, cell and output gates.
      const units = variable.size / 4;
      if (config['unitForgetBias'] === true && name === 'bias') values.fill(1, units, 2 * units);
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
    }
  }
  clearModelMetadata(model);
}

/** For each weight, the configuration of the innermost layer that holds it, and its name there. */
function holdersOf(layer: Layer): ReadonlyMap<tf.Variable, { config: LayerConfig; name: string }> {
  const holders = new Map<tf.Variable, { config: LayerConfig; name: string }>();
  for (const inner of withInner(layer)) {
    const { config } = layerConfig(inner);
    for (const [name, variable] of weightsOf(inner)) holders.set(variable, { config, name });
  }
  return holders;
}

interface Initializer {
  readonly className: string;
  readonly config: LayerConfig;
}

/** `moving_mean` → `movingMeanInitializer`; `depthwise_kernel` → `depthwiseInitializer`. */
function initializerKey(weight: string): string {
  const stem = /^(depthwise|pointwise|recurrent)_kernel$/.exec(weight)?.[1] ?? weight;
  return `${stem.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}Initializer`;
}

function valueDrawer(
  { className, config }: Initializer,
  shape: readonly number[],
  random: Random,
  where: string,
): () => number {
  const number = (key: string, fallback: number): number => Number(config[key] ?? fallback);
  const truncated =
    (deviation: number, mean = 0) =>
    (): number => {
      let value = random.normal();
      while (Math.abs(value) > 2) value = random.normal();
      return mean + deviation * value;
    };
  switch (className) {
    case 'Zeros':
      return () => 0;
    case 'Ones':
      return () => 1;
    case 'Constant': {
      const value = number('value', 0);
      return () => value;
    }
    case 'RandomUniform': {
      const low = number('minval', -0.05);
      const high = number('maxval', 0.05);
      return () => low + (high - low) * random.uniform();
    }
    case 'RandomNormal': {
      const [mean, deviation] = [number('mean', 0), number('stddev', 0.05)];
      return () => mean + deviation * random.normal();
    }
    case 'TruncatedNormal':
      return truncated(number('stddev', 0.05), number('mean', 0));
    case 'VarianceScaling': {
      const [fanIn, fanOut] = fans(shape);
      const mode = config['mode'];
      const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
      const variance = number('scale', 1) / Math.max(1, fan);
      if (config['distribution'] === 'uniform') {
        const limit = Math.sqrt(3 * variance);
        return () => limit * (2 * random.uniform() - 1);
      }
      return truncated(Math.sqrt(variance));
    }
    case 'Orthogonal': {
      const columns = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
      const values = orthogonal(rows, columns, random, number('gain', 1));
      let next = 0;
      return () => values[next++] ?? NaN;
    }
    case 'Identity': {
      const [gain, size] = [number('gain', 1), shape.at(-1) ?? 1];
      let next = 0;
      return () => (next++ % (size + 1) === 0 ? gain : 0);
    }
    default:
      throw unseedable(where, className);
  }
}

const unseedable = (where: string, got: string): DistillError =>
  new DistillError({
    code: 'network',
    where: `weight '${where}'`,
    expected: 'an initializer that can be seeded',
    got,
    hint: 'Use zeros, ones, constant, identity, orthogonal, uniform, normal, truncated normal or variance scaling.',
  });

/** Fan-in and fan-out: kernels are `[…receptive field, in, out]`, depthwise ones `[…, in, multiplier]`. */
function fans(shape: readonly number[]): readonly [number, number] {
  if (shape.length < 2) return [shape[0] ?? 1, shape[0] ?? 1];
  const field = shape.slice(0, -2).reduce((product, axis) => product * axis, 1);
  return [(shape.at(-2) ?? 1) * field, (shape.at(-1) ?? 1) * field];
}
