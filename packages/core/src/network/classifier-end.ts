import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { shapeText } from '../tensor/index.js';
import { readGraph } from './graph.js';
import { endsLinear, outputActivation } from './logits.js';

/**
 * Whether a classifier gives logits or probabilities; undefined if its last layer does not tell.
 *
 * @throws DistillError code `network` for a model whose output is no row of logits or probabilities
 */
export function classifierEnd(model: LayersModel, where: string): 'logits' | 'probabilities' | undefined {
  const graph = readGraph(model);
  const shape = graph.nodes.find(({ outputs }) => outputs.includes(graph.output))?.shape ?? [];
  const end = outputActivation(graph);
  const got =
    shape.length !== 1 || (shape[0] ?? 0) < 2
      ? shapeText([null, ...shape])
      : end !== undefined && end.activation !== 'softmax'
        ? `a ${end.activation} for each class`
        : undefined;
  if (got !== undefined)
    throw new DistillError({
      code: 'network',
      where,
      expected: CLASSIFIER,
      got,
      hint: 'End with a dense layer.',
    });
  if (end !== undefined) return 'probabilities';
  return endsLinear(graph) ? 'logits' : undefined;
}

const CLASSIFIER = 'logits or probabilities of two or more classes, [batch, classes], as the output';
