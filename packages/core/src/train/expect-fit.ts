import type { Dataset } from '../data/index.js';
import { DistillError } from '../error/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';

/**
 * Throws unless a network takes the data's images and has a logit per class.
 *
 * @throws DistillError code `shape`
 */
export function expectFit(where: string, network: Network | FrozenNetwork, data: Dataset): void {
  const fits = network.inputShape.every((axis, index) => axis === -1 || axis === data.imageShape[index]);
  if (!fits) {
    throw new DistillError({
      code: 'shape',
      where: `${where} '${network.name}'`,
      expected: `input [${data.imageShape.join(', ')}] as dataset '${data.name}' has`,
      got: `[${network.inputShape.join(', ')}]`,
    });
  }
  if (network.classes !== data.classes) {
    throw new DistillError({
      code: 'shape',
      where: `${where} '${network.name}'`,
      expected: `${data.classes} logits, one per class of dataset '${data.name}'`,
      got: String(network.classes),
    });
  }
}
