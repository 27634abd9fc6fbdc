import {
  channelStatistics,
  createNetwork,
  DistillError,
  evaluate,
  freeze,
  matchClasses,
  modelMetadata,
  outputKind,
  withInput,
} from '@distilljs/core';
import type { Dataset, FrozenNetwork, Normalization, TeacherInput } from '@distilljs/core';
import { recordPredictions } from '../../src/predictions/predictions-file.js';
import { withTaps } from '../../src/run/automatic-taps.js';
import { openModel } from './model-files.js';
import type { Measured, OwnTeacher, PageData, PixelRange } from './types.js';

/** A brought teacher, ready to teach images of these classes. */
export interface OpenedTeacher {
  readonly network: FrozenNetwork;
  readonly input: TeacherInput;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const uniform = (mean: number, std: number): Normalization => ({
  mean: [mean, mean, mean],
  std: [std, std, std],
});

/** Values are `(pixel / 255 − mean) / std`. */
const RANGES: Readonly<Record<Exclude<PixelRange, 'saved'>, Normalization>> = {
  '0…1': uniform(0, 1),
  '−1…1': uniform(0.5, 0.5),
  '0…255': uniform(0, 1 / 255),
  imagenet: IMAGENET,
};

/** What a brought model's files say of it. */
export interface TeacherFacts {
  readonly imageSize: readonly (number | null)[];
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
  readonly parameters: number;
  /** Its files say how pixels are scaled. */
  readonly hasNormalization: boolean;
}

/** @throws DistillError for what cannot teach images of three channels */
export async function factsOf({ name, files }: Pick<OwnTeacher, 'name' | 'files'>): Promise<TeacherFacts> {
  const model = await openModel(name, files);
  try {
    const saved = modelMetadata(model);
    const { classes, inputShape, parameters } = createNetwork(model, { name });
    expectColours(name, inputShape);
    return {
      imageSize: inputShape.slice(0, 2).map((axis) => (axis === -1 ? null : axis)),
      classes,
      classNames: saved?.classNames,
      parameters,
      hasNormalization: saved !== undefined,
    };
  } finally {
    model.dispose();
  }
}

function expectColours(name: string, [, , channels]: readonly number[]): void {
  if (channels === 3) return;
  throw new DistillError({
    code: 'shape',
    where: `teacher '${name}'`,
    expected: 'a network of images with 3 channels (red, green, blue)',
    got: channels === undefined ? 'one whose input is no image' : `one of ${channels} channels`,
    hint: 'Drop another teacher, or use the built-in one.',
  });
}

/** @throws DistillError code `shape` where its classes are not those of the images */
export async function ownTeacherOf(
  { name, files, pixels }: OwnTeacher,
  data: PageData,
): Promise<OpenedTeacher> {
  const { imageShape, classNames } = data;
  const model = await openModel(name, files);
  const saved = modelMetadata(model);
  const network = createNetwork(model, {
    name,
    ...(saved?.output === 'probabilities' &&
      outputKind(model) === 'logits' && { logitsFrom: 'softmax' as const }),
  });
  expectColours(name, network.inputShape);
  const named = { ...freeze(network), classNames: saved?.classNames };
  const wanted = { name: data.title, classes: classNames.length, classNames };
  const matched = matchClasses(withTaps(named), wanted);
  if (matched.classes !== classNames.length) {
    throw new DistillError({
      code: 'shape',
      where: `teacher '${name}'`,
      expected: `${classNames.length} classes, those of your images`,
      got: `${matched.classes}`,
      hint: 'Drop a teacher that was trained on these classes, or use the built-in one, which trains on your images.',
    });
  }
  const [height, width] = network.inputShape;
  const isOther = height !== -1 && (height !== imageShape[0] || width !== imageShape[1]);
  const normalization = pixels === 'saved' ? saved?.normalization : RANGES[pixels];
  return {
    network: matched,
    input: {
      ...(normalization !== undefined && { normalization }),
      ...(isOther && { imageSize: [height, width] as const }),
    },
  };
}

/** How good a brought teacher is on the test images, in the form of a training's figures. */
export async function measureTeacher(
  teacher: OwnTeacher,
  data: PageData,
  sets: { readonly train: Dataset; readonly validation: Dataset; readonly test: Dataset },
): Promise<Omit<Measured, 'engine'>> {
  const { network, input } = await ownTeacherOf(teacher, data);
  const { train, validation, test } = sets;
  const normalization = await channelStatistics(train);
  const seen = withInput(network, input, { imageShape: data.imageShape, normalization });
  const record = recordPredictions(test, seen.classes);
  const accuracy = (await evaluate(seen, test, normalization, undefined, record.add)).accuracy;
  const validationBest = (await evaluate(seen, validation, normalization)).accuracy;
  const figures = {
    last: accuracy,
    best: accuracy,
    validationBest,
    bestEpoch: undefined,
    history: [],
    predictions: record.encode() as Uint8Array<ArrayBuffer>,
    options: {},
    model: teacher.name,
    parameters: network.parameters,
    macs: network.macs,
    trainParameters: 0,
    inferenceParameters: 0,
    inferenceMacs: 0,
    latency: [],
    warnings: [],
    source: 'a model of your own',
  };
  network.dispose();
  return figures;
}
