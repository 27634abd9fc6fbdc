import { DistillError } from '../error/index.js';
import type { Logits, Tensor } from '../tensor/index.js';
import type { NetworkOutput } from './contract.js';

/** Logits and tapped values as a method reads them. */
export function networkOutput(
  networkName: string,
  logits: Logits,
  taps: ReadonlyMap<string, Tensor>,
): NetworkOutput {
  return {
    logits,
    tap(name) {
      const value = taps.get(name);
      if (value !== undefined) return value;
      throw new DistillError({
        code: 'tap',
        where: `network '${networkName}', tap '${name}'`,
        expected: 'a tap that the phase declared in `reads`',
        got: taps.size === 0 ? 'no declared taps' : `declared taps ${[...taps.keys()].join(', ')}`,
        hint: `Add '${name}' to the taps that the method reads.`,
      });
    },
  };
}
