import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Names of tfjs's own layer classes in lower case: each has a function in `tf.layers`. */
const PLAIN = new Set(Object.keys(tfl.layers).map((name) => name.toLowerCase()));

/** Class names of a model's layers that are not tfjs's own: a program must register them before it loads the model. */
export const ownLayers = (model: LayersModel): string[] =>
  [...new Set(classesOf(model))].filter((name) => !PLAIN.has(name.toLowerCase()));

const classesOf = ({ layers }: LayersModel): string[] =>
  layers.flatMap((layer) => (layer instanceof tfl.LayersModel ? classesOf(layer) : [layer.getClassName()]));
