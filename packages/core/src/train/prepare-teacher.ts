import type { Augmentation, CheckedDataset, Normalization } from '../data/index.js';
import { asTeacher, matchClasses } from '../network/index.js';
import type { FrozenNetwork } from '../network/index.js';
import { cachedTeacher, givenTeacher, withInput } from '../teacher/index.js';
import type { CachedTeacher, TeacherOutputs } from '../teacher/index.js';
import { expectNoPromise } from './check-options.js';
import { expectFit } from './check-parts.js';
import type { DistillOptions } from './distill-types.js';

/* The teacher of a run, in the order in which it is prepared. */

/** @throws DistillError codes `option`, `network` for what cannot be read as a teacher */
export function frozenTeacher(given: DistillOptions['teacher']): FrozenNetwork | undefined {
  if (given === undefined) return undefined;
  expectNoPromise('teacher', given);
  return asTeacher(given, 'teacher');
}

/**
 * The teacher as a run asks it: of images as the students see them, for the classes of the training data in their order.
 *
 * @throws DistillError codes `option`, `shape` for one that does not suit the data
 */
export function teacherFor(
  frozen: FrozenNetwork,
  input: DistillOptions['teacherInput'],
  train: CheckedDataset,
  normalization: Normalization,
): FrozenNetwork {
  const { imageShape } = train;
  const teacher = withInput(matchClasses(frozen, train), input ?? {}, { imageShape, normalization });
  expectFit('teacher', teacher, train);
  return teacher;
}

/** Everything that decides the views of an image. */
interface Views {
  readonly seed: number;
  readonly train: CheckedDataset;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
}

/**
 * What the teacher says, where it need not run in every step: outputs that were given, or those that the run keeps.
 *
 * @param fingerprint of the teacher
 */
export function knownOutputs(
  { kind, views = 1, folder, rows }: TeacherOutputs,
  teacher: FrozenNetwork,
  fingerprint: string | undefined,
  { seed, train, augmentation, normalization }: Views,
): CachedTeacher | undefined {
  if (kind === 'live') return undefined;
  if (rows !== undefined) return givenTeacher(rows, teacher, train.size);
  return cachedTeacher({
    images: train.size,
    views,
    folder,
    mayRunLive: kind === 'auto',
    identity: {
      slot: { dataset: train.name, seed },
      content: {
        teacher: fingerprint,
        dataset: train.fingerprint,
        augmentation: augmentation ?? 'none',
        normalization,
      },
    },
  });
}
