import type { Augmentation, CheckedDataset, Normalization } from '../data/index.js';
import { asTeacher, classPositions, matchClasses } from '../network/index.js';
import type { FrozenNetwork } from '../network/index.js';
import { cachedTeacher, givenTeacher, withInput } from '../teacher/index.js';
import type { CachedTeacher, TeacherOutputs } from '../teacher/index.js';
import { expectNoPromise } from './check-options.js';
import { expectFit } from './check-parts.js';
import type { DistillOptions } from './distill-types.js';

/* Preparation of a run's teacher, in order. */

/** @throws DistillError codes `option`, `network` for a value that cannot serve as a teacher */
export function frozenTeacher(given: DistillOptions['teacher']): FrozenNetwork | undefined {
  if (given === undefined) return undefined;
  expectNoPromise('teacher', given);
  return asTeacher(given, 'teacher');
}

/**
 * The teacher as a run uses it: it takes the students' images and gives logits in the class order of the
 * training data.
 *
 * @throws DistillError codes `option`, `shape` for a teacher that does not suit the data
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

/** Everything that determines the views of an image. */
interface Views {
  readonly seed: number;
  readonly train: CheckedDataset;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
}

/**
 * The source of teacher outputs if the teacher need not run in every step: given rows or a cache; undefined for
 * `live`.
 *
 * @param frozen the teacher as given, with its own classes
 * @param fingerprint the teacher's fingerprint, with the data's classes
 */
export function knownOutputs(
  { kind, views = 1, folder, rows }: TeacherOutputs,
  frozen: FrozenNetwork,
  fingerprint: string | undefined,
  { seed, train, augmentation, normalization }: Views,
): CachedTeacher | undefined {
  if (kind === 'live') return undefined;
  if (rows !== undefined) return givenTeacher(rows, frozen, train.size, classPositions(frozen, train));
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
