import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import type { Pass } from './forward-pass.js';
import type { GraphNode } from './graph.js';
import { innerLayers, internals, isContainer, layerConfig, withInner } from './layer.js';
import type { Layer, LayerInternals } from './layer.js';

/** Layers for which tfjs draws unseeded noise and for which there is no seeded form here. */
export const UNSEEDED: ReadonlySet<string> = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/**
 * Inverted dropout with a seeded mask: each value is kept with probability `1 − rate` and divided by it, else
 * set to 0.
 *
 * The mask comes from the run's stream; tfjs would draw it from an unseeded one.
 * @param rate fraction of values to drop, `(0, 1)`
 * @param maskShape shape of the mask, broadcast over `x`; default: that of `x`
 */
export function dropout(
  x: tf.Tensor,
  rate: number,
  random: Random,
  maskShape: readonly number[] = x.shape,
): tf.Tensor {
  const keep = 1 - rate;
  const mask = new Float32Array(maskShape.reduce((product, axis) => product * axis, 1));
  for (let position = 0; position < mask.length; position++)
    mask[position] = random.uniform() < keep ? 1 / keep : 0;
  return tf.mul(x, tf.tensor(mask, [...maskShape]));
}

/** The function that runs a dropout layer; undefined for any other layer. */
export function dropoutLayer(node: GraphNode): ((x: tf.Tensor, pass: Pass) => tf.Tensor) | undefined {
  const { kind, config } = layerConfig(node.layer);
  if (kind !== 'Dropout' && kind !== 'SpatialDropout1D') return undefined;
  const rate = config['rate'] as number;
  const noise = kind === 'Dropout' ? config['noiseShape'] : [null, 1, null];
  return (x, pass) => {
    // tfjs drops nothing at a rate of 1 either.
    if (!pass.training || rate <= 0 || rate >= 1) return x;
    const shape = (noise as (number | null)[] | null | undefined)?.map(
      (axis, at) => axis ?? x.shape[at] ?? 1,
    );
    return dropout(x, rate, streamOf(pass, node), shape);
  };
}

/** The cells inside a recurrent layer that use dropout on inputs or states. */
export function droppingCells(layer: Layer): readonly LayerInternals[] {
  if (isContainer(layer)) return [];
  return withInner(layer)
    .filter((inner) => innerLayers(inner).length === 0)
    .map(internals)
    .filter((cell) => 'dropoutMask' in cell && ((cell.dropout ?? 0) > 0 || (cell.recurrentDropout ?? 0) > 0));
}

/**
 * Runs a recurrent layer with its cells' dropout masks drawn from the run's stream. tfjs draws masks at the
 * first time step of a batch and keeps them; a plain `RNN` does not reset old masks, so this does.
 */
export function withSeededCells<T>(
  cells: readonly LayerInternals[],
  node: GraphNode,
  pass: Pass,
  run: () => T,
): T {
  const forget = (): void => {
    for (const cell of cells) {
      tf.dispose([cell.dropoutMask ?? [], cell.recurrentDropoutMask ?? []].flat());
      cell.dropoutMask = cell.recurrentDropoutMask = null;
    }
  };
  const own = cells.map((cell) => cell.dropoutFunc);
  forget();
  cells.forEach((cell, index) => {
    let masks = 0;
    cell.dropoutFunc = (ones, rate) =>
      dropout(ones, rate, streamOf(pass, node).fork(`cell-${index}-${masks++}`));
  });
  try {
    return run();
  } finally {
    forget();
    cells.forEach((cell, index) => (cell.dropoutFunc = own[index]));
  }
}

function streamOf(pass: Pass, { name, key }: GraphNode): Random {
  if (pass.random !== undefined) return pass.random.fork(key);
  throw new DistillError({
    code: 'option',
    where: `network.forward (layer '${name}')`,
    expected: 'a random stream, because the layer drops values at random in training',
    got: 'none',
    hint: 'Pass `random: createRandom(seed)` with `training: true`.',
  });
}
