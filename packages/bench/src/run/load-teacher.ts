import { existsSync } from 'node:fs';
import { DistillError, matchClasses, modelMetadata, withInput } from '@distilljs/core';
import type { FrozenNetwork, Network, Normalization, TeacherInput, TeacherLike } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { TeacherResult } from '../report/index.js';
import { classNamesIn } from './class-names.js';
import type { RunData } from './datasets.js';
import { givenTeacher, missing } from './given.js';
import { expectModels } from './kept-files.js';
import type { TrainingFolder } from './run-folder.js';
import { readTeacherResult } from './stored.js';
import { metadataIn, teacherFacts } from './teacher-facts.js';
import type { TeacherFacts } from './teacher-facts.js';
import { openTeacher, takeTeacher } from './teacher-source.js';
import type { OpenedTeacher } from './teacher-source.js';

type TeacherConfig = RunConfig['teacher'];

/** A teacher that need not be trained. */
export interface LoadedTeacher {
  /** Has one logit per class of the data, in the data's order; `input` describes how its images are prepared. */
  readonly network: FrozenNetwork;
  readonly input: TeacherInput;
  readonly facts: TeacherFacts;
  /** Only for a layers model, which is saved with the run. */
  readonly learner: Network | undefined;
  /** The origin of its weights. */
  readonly source: string;
  /** Its measurements, where the run folder already has them. */
  readonly known: TeacherResult | undefined;
}

/**
 * The trained teacher of a run, from its folder, from `teacher.path`, or from the program; it fits the data.
 *
 * @param folder omitted where its content must be ignored
 * @returns undefined when there is none yet. The caller disposes the network.
 * @throws DistillError code `data` when the model is missing, or differs from the one at the run's start; `shape` when it does not fit
 * the data's images or classes; `config` for a zoo network under another one's name
 */
export async function loadTeacher(
  { teacher }: RunConfig,
  data: RunData,
  folder?: TrainingFolder,
): Promise<LoadedTeacher | undefined> {
  const known = folder === undefined ? undefined : await readTeacherResult(folder);
  const given = teacher.given === true ? givenTeacher() : undefined;
  // A model that a program passed is saved too, for readers of the folder alone.
  const isKept =
    known?.fingerprint === undefined || (teacher.given === true && known.modelDigest !== undefined);
  const kept = known !== undefined && given === undefined && isKept ? folder : undefined;
  if (kept !== undefined) {
    const hint = 'Remove the folder `teacher` to have it trained again, or restore the model from a copy.';
    await expectModels([kept.model], known?.modelDigest, hint);
  }
  if (teacher.given === true && given === undefined && kept === undefined) missing('teacher');
  const own = given === undefined ? teacher.path : 'a program';
  const source = kept === undefined ? own : kept.model;
  if (source === undefined) return undefined;
  expectSameClasses(teacher.classes, known?.facts?.classes);
  const said = known?.facts ?? (await teacherFacts(teacher, data.train, given));
  const opened =
    given === undefined
      ? await openTeacher(kept?.model ?? source, teacher, said, data.train)
      : takeTeacher(given, teacher, said);
  try {
    const own = kept === undefined ? ownNormalization(opened, given) : undefined;
    const facts = withOwnSize({ ...(own && { normalization: own }), ...said }, opened.network, data);
    const network = fitted(source, opened, facts, data);
    if (known?.fingerprint !== undefined) await expectSame(source, known.fingerprint, network);
    const { normalization, imageSize } = facts;
    const input = { ...(normalization && { normalization }), ...(imageSize !== undefined && { imageSize }) };
    return { network, input, facts, learner: opened.learner, source, known };
  } catch (error) {
    opened.network.dispose();
    throw error;
  }
}

/** The teacher wrapped to take the students' images. */
export const seeing = (
  { network, input }: Pick<LoadedTeacher, 'network' | 'input'>,
  { train }: RunData,
  normalization: Normalization,
): FrozenNetwork => withInput(network, input, { imageShape: train.imageShape, normalization });

async function expectSame(source: string, known: string, network: FrozenNetwork): Promise<void> {
  if ((await network.fingerprint()) === known) return;
  throw new DistillError({
    code: 'data',
    where: `teacher ${source}`,
    expected: 'the teacher that the run was started with',
    got: 'another one',
    hint: 'Put it back as it was, or start another run with another --out or --overwrite.',
  });
}

/** A changed file of names would give every class another logit; the configuration, which has its path, would not tell. */
function expectSameClasses(now: TeacherConfig['classes'], known: readonly string[] | undefined): void {
  if (typeof now !== 'string' || known === undefined || !existsSync(now)) return;
  if (JSON.stringify(classNamesIn(now)) === JSON.stringify(known)) return;
  throw new DistillError({
    code: 'config',
    where: `teacher.classes, ${now}`,
    expected: 'the class names that the run was started with',
    got: 'others',
    hint: 'Put the file back as it was, or start another run with another --out or --overwrite.',
  });
}

/** What a model itself says of its images: one behind a URL, or a frozen one that a program passed. */
function ownNormalization(
  { network, learner }: OpenedTeacher,
  given: TeacherLike | undefined,
): Normalization | undefined {
  if (learner !== undefined) return metadataIn(modelMetadata(learner.model)).normalization;
  return given !== undefined && 'fingerprint' in given ? network.normalization : undefined;
}

/** A teacher with a fixed input size gets that size, unless the configuration names one. */
function withOwnSize(
  facts: TeacherFacts,
  { inputShape: [height, width] }: FrozenNetwork,
  { train: { imageShape } }: RunData,
): TeacherFacts {
  const isOpen = height === -1 || width === -1;
  if (facts.imageSize !== undefined || isOpen || (height === imageShape[0] && width === imageShape[1]))
    return facts;
  return { ...facts, imageSize: height === width ? height : [height, width] };
}

/** Fits the teacher to the data's classes, and refuses one that does not fit before it is measured. */
function fitted(
  source: string,
  { network: given }: OpenedTeacher,
  { imageSize, classes }: TeacherFacts,
  { train }: RunData,
): FrozenNetwork {
  if (classes !== undefined && train.classNames === undefined) {
    throw new DistillError({
      code: 'config',
      where: 'teacher.classes',
      expected: `a dataset whose classes have names, to match them`,
      got: `${train.name}, which names none`,
      hint: "Leave it out: the teacher's classes are then taken in the order of the data's.",
    });
  }
  const [height, width] =
    typeof imageSize === 'number' ? [imageSize, imageSize] : (imageSize ?? train.imageShape);
  const image = [height, width, train.imageShape[2]];
  const takesImages = given.inputShape.every((axis, at) => axis === -1 || axis === image[at]);
  const network = takesImages ? matchClasses(given, train) : given;
  if (takesImages && network.classes === train.classes) return network;
  const own = given.inputShape.map((axis) => (axis === -1 ? 'any' : axis));
  throw new DistillError({
    code: 'shape',
    where: `teacher ${source}`,
    expected: `a network of images [${image.join(', ')}] and ${train.classes} classes, as ${train.name} has`,
    got: `one of [${own.join(', ')}] and ${given.classes} classes`,
    hint: fitHint(given, takesImages, image[2] ?? 3),
  });
}

function fitHint(
  { inputShape: [height, width, channels] }: FrozenNetwork,
  takesImages: boolean,
  own: number,
): string {
  if (takesImages)
    return 'Where the teacher has more classes, or others, name them with teacher.classes: those of the data are picked out.';
  if (channels !== -1 && channels !== own) return `It takes images of ${channels} channels.`;
  const size = height === width ? String(height) : `[${height}, ${width}]`;
  return `Set teacher.imageSize: ${size} to resize the images for it.`;
}
