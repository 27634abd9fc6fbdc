import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { RunIdentity } from '../checkpoint/index.js';
import type { Augmentation, Dataset, Normalization } from '../data/index.js';
import { readOrRefuse } from '../error/first-line.js';
import type { Method } from '../method/index.js';
import { layersDigest } from '../network/index.js';
import type { Network } from '../network/index.js';
import type { OptimizerSpec } from './optimizer.js';

/** Everything that determines the numbers of a run. */
export interface RunParts {
  readonly method: Method;
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerSpec;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
  readonly views: number | undefined;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  /** Whether validation uses settled batch-norm statistics. */
  readonly settleStatistics: boolean;
  /** The teacher's fingerprint. */
  readonly teacher: string | undefined;
  readonly students: readonly Network[];
}

/** The identity by which a checkpoint recognizes its run. */
export function identityOf({
  method,
  optimizer,
  students,
  train,
  validation,
  ...run
}: RunParts): RunIdentity {
  const { seed, epochs, batchSize, augmentation, normalization, views, teacher, settleStatistics } = run;
  return {
    method: method.name,
    options: asText(`method '${method.name}', options`, method.options),
    seed,
    epochs,
    batchSize,
    optimizer: asText(`optimizer '${optimizer.name}', options`, [optimizer.name, optimizer.options]),
    // Whether outputs are cached or live does not matter: the values are equal.
    augmentation: JSON.stringify([augmentation ?? null, normalization, views ?? null]),
    train: dataText(train),
    validation:
      validation === undefined ? 'none' : `${dataText(validation)}${settleStatistics ? ', settled' : ''}`,
    teacher: teacher ?? 'none',
    students: bytesToHex(sha256(utf8ToBytes(JSON.stringify(students.map(architecture))))).slice(0, 16),
    layers: students.map((student) => layersDigest(student).slice(0, 16)).join(', '),
  };
}

/** @throws DistillError code `contract` for options that no checkpoint can hold */
const asText = (where: string, value: unknown): string =>
  readOrRefuse({ code: 'contract', where, expected: 'plain data' }, () => JSON.stringify(value));

const dataText = (data: Dataset): string =>
  `${data.name}, ${data.size} images, ${shortened(data.fingerprint)}`;

/** Text of a user's own may differ only at its end, so it is digested before it is cut. */
const shortened = (fingerprint: string): string =>
  (fingerprint.length <= 16 || /^[0-9a-f]{32,}$/.test(fingerprint)
    ? fingerprint
    : bytesToHex(sha256(utf8ToBytes(fingerprint)))
  ).slice(0, 16);

const architecture = (network: Network): unknown => [
  Object.entries({ ...network.variables, ...network.statistics }).map(([name, { shape }]) => [name, shape]),
];
