import type { Dataset, Normalization } from '../data/index.js';
import { expectedNormalizationOf } from '../network/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';
import { modelMetadata, savedNormalization } from '../model-file/index.js';
import type { DistillOptions } from './distill-types.js';

/* Warnings of networks that are given images or classes other than they expect. */

/** Largest difference between two normalizations without a warning, in standard deviations. */
const SAME = 0.1;

/** A warning if a teacher's file or first layer tells another normalization than that of the images it is given. */
export function teacherInputDoubt(
  { name, normalization: own }: FrozenNetwork,
  input: DistillOptions['teacherInput'],
  students: Normalization,
): string | undefined {
  if (own === undefined || input?.normalization !== undefined || !differ(own, students)) return undefined;
  return (
    `Teacher '${name}' expects images with ${inWords(own)}, but is given the students', with ${inWords(students)}. ` +
    'Pass its own: `teacherInput: { normalization: { mean, std } }` (in a bench configuration `teacher.normalization`).'
  );
}

/** Warnings of a student that was trained on other images or classes than it is given. */
export const studentDoubts = (
  student: Network,
  given: Normalization,
  train: Dataset,
): readonly (string | undefined)[] => [inputDoubt(student, given), classesDoubt(student, train)];

/**
 * A warning if a student was trained on images with another normalization, according to its metadata, or begins with a layer for pixels from
 * 0 to 255, and is given others.
 */
function inputDoubt(student: Network, given: Normalization): string | undefined {
  const trained = savedNormalization(student.model);
  const own = trained ?? expectedNormalizationOf(student);
  if (own === undefined || !differ(own, given)) return undefined;
  return trained === undefined
    ? `Student '${student.name}' begins with a Rescaling layer for pixels from 0 to 255, but is given images with ${inWords(given)}. ` +
        'Remove the layer, or train with a `normalization` of mean 0 and std 1 / 255.'
    : `Student '${student.name}' was trained on images with ${inWords(own)}, but is given images with ${inWords(given)}. ` +
        'To train it on as before, pass its own: `normalization: { mean, std }` (in a bench configuration `student.normalization`).';
}

/** A warning if a student's metadata name other classes than the data, or the same in another order. */
function classesDoubt({ name, model }: Network, { classNames: data }: Dataset): string | undefined {
  const own = modelMetadata(model)?.classNames;
  if (own === undefined || data === undefined) return undefined;
  const at = own.findIndex((each, label) => each !== data[label]);
  if (at < 0) return undefined;
  const isOrder = own.length === data.length && own.every((each) => data.includes(each));
  return (
    `Student '${name}' was trained on ${isOrder ? 'these classes in another order' : 'other classes'}: its class ${at} is ` +
    `'${own[at] ?? ''}', the dataset's is '${data[at] ?? 'none'}'. It has to learn the dataset's anew.`
  );
}

const differ = (own: Normalization, given: Normalization): boolean =>
  own.std.some(
    (std, at) =>
      Math.abs((given.std[at] ?? NaN) / std - 1) > SAME ||
      Math.abs((given.mean[at] ?? NaN) - (own.mean[at] ?? NaN)) > SAME * std,
  );

const inWords = ({ mean, std }: Normalization): string => {
  const rounded = (values: readonly number[]): string =>
    values.map((value) => Number(value.toPrecision(3))).join(', ');
  return `mean [${rounded(mean)}] and std [${rounded(std)}]`;
};
