import { DistillError } from '../error/index.js';
import { shapeText } from '../tensor/index.js';
import type { LogitsSource } from './contract.js';
import type { Graph } from './graph.js';
import { withInner } from './layer.js';
import { expectLogits } from './logits.js';

/**
 * Throws unless a model can be a teacher or a student: its input is images, and its output can be read as
 * logits and is a function of its input.
 *
 * @throws DistillError code `network`
 */
export function expectReadable(modelName: string, graph: Graph, logitsFrom: LogitsSource): void {
  if (graph.inputShape.length !== 3) {
    const target = `[${graph.inputShape.map((axis) => (axis === -1 ? 'null' : axis)).join(', ')}]`;
    throw new DistillError({
      code: 'network',
      where: `model '${modelName}'`,
      expected: 'images of shape [batch, height, width, channels] as the input',
      got: shapeText([null, ...graph.inputShape]),
      hint: `Begin with tf.layers.reshape({ inputShape: [height, width, channels], targetShape: ${target} }).`,
    });
  }
  for (const { layer, name } of graph.nodes) {
    for (const inner of withInner(layer)) {
      const kind = inner.getClassName();
      if (/^Random[A-Z]/.test(kind))
        refuse(
          name,
          'an output that is a function of the input',
          `${kind}, which draws new numbers in every call`,
        );
      if (inner.stateful) {
        refuse(
          name,
          'an output that is a function of the input',
          `a stateful ${kind}, whose output depends on the batches before`,
          'Build it with stateful: false.',
        );
      }
    }
  }
  expectLogits(modelName, graph, logitsFrom);

  function refuse(layer: string, expected: string, got: string, hint = 'Build the model without it.'): never {
    const where = `model '${modelName}', layer '${layer}'`;
    throw new DistillError({ code: 'network', where, expected, got, hint });
  }
}
