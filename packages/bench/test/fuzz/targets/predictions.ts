import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { decodePredictions, recordPredictions } from '../../../src/predictions/index.js';
import { must, outcome, target } from '../target.js';
import { damage, damaged } from './safetensors.js';
import type { Damage } from './safetensors.js';

const IMAGES = 6;
const WIDTH = 24;

/** A file of predictions, of all classes or of the highest. */
function file(isWhole: boolean): Uint8Array {
  const labels = Int32Array.from({ length: IMAGES }, (_, image) => image % WIDTH);
  const classNames = Array.from({ length: WIDTH }, (_, at) => `class ${at}`);
  const data = { size: IMAGES, labels, classNames, fingerprint: 'images' };
  const record = recordPredictions(data, WIDTH, isWhole ? undefined : 1);
  for (let image = 0; image < IMAGES; image++)
    record.add(
      Array.from({ length: WIDTH }, (_, at) => Math.sin(image * WIDTH + at)),
      image,
    );
  return record.encode();
}

/** What is read is what was written, or nothing is: every byte is in the digest. */
export const predictions = target<{ readonly isWhole: boolean; readonly damage: Damage }>({
  name: 'predictions',
  arbitrary: fc.record({ isWhole: fc.boolean(), damage }),
  check: (input) =>
    outcome(() => {
      const written = file(input.isWhole);
      const read = decodePredictions(damaged(written, input.damage), 'predictions.safetensors');
      must(isDeepStrictEqual(read, decodePredictions(written, 'written')), 'what was written', read);
    }),
});
