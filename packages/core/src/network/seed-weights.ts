import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import { readGraph } from './graph.js';
import { layerConfig } from './layer-config.js';
import type { LayerConfig } from './layer-config.js';
import { weightsOf } from './weights.js';

/**
 * Draws every weight of a model anew from a seeded stream, each by its layer's own initializer.
 *
 * tfjs initialises from unseeded generators; after this call the weights are a function of the stream, the layer
 * names and the shapes, on every engine alike.
 * @throws DistillError code `network` for an initializer that cannot be seeded (Orthogonal, custom ones)
 */
export function seedWeights(model: LayersModel, random: Random): void {
  const seen = new Set();
  for (const { layer, name } of readGraph(model).nodes) {
    if (seen.has(layer)) continue;
    seen.add(layer);
    const { config } = layerConfig(layer);
    for (const [weight, variable] of weightsOf(layer)) {
      const initializer = config[initializerKey(weight)] as Initializer | undefined;
      const where = `${name}/${weight}`;
      if (initializer === undefined) throw unseedable(where, 'none in the configuration of its layer');
      const draw = valueDrawer(initializer, variable.shape, random.fork(where), where);
      const values = Float32Array.from({ length: variable.size }, draw);
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
    }
  }
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
    hint: 'Use zeros, ones, constant, a uniform, normal or truncated normal one, or one of the variance scaling family.',
  });

/** Inputs and outputs of one unit: kernels are `[…receptive field, in, out]`, depthwise ones `[…, in, multiplier]`. */
function fans(shape: readonly number[]): readonly [number, number] {
  if (shape.length < 2) return [shape[0] ?? 1, shape[0] ?? 1];
  const field = shape.slice(0, -2).reduce((product, axis) => product * axis, 1);
  return [(shape.at(-2) ?? 1) * field, (shape.at(-1) ?? 1) * field];
}
