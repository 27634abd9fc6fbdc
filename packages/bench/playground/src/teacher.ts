import {
  channelStatistics,
  createNetwork,
  DistillError,
  evaluate,
  freeze,
  loadModel,
  loadTeacher,
  matchClasses,
  modelMetadata,
  outputKind,
  withInput,
} from '@distilljs/core';
import type { FrozenNetwork, ModelMetadata, Normalization, TeacherInput } from '@distilljs/core';
import { recordPredictions } from '../../src/predictions/predictions-file.js';
import { withTaps } from '../../src/run/automatic-taps.js';
import { datasetOf } from './data.js';
import type { Told } from './serve-tasks.js';
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
  readonly kind: TeacherKind;
  readonly imageSize: readonly (number | null)[];
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
  /** NaN where nobody counts them. */
  readonly parameters: number;
  /** Its files say how pixels are scaled. */
  readonly hasNormalization: boolean;
}

export type TeacherKind = 'layers model' | 'graph model' | 'ONNX file';

/** A model of any kind, and what its files say beside it. */
interface Opened {
  readonly kind: TeacherKind;
  readonly network: FrozenNetwork;
  readonly saved: ModelMetadata | undefined;
  readonly classNames: readonly string[] | undefined;
}

/** @throws DistillError for what cannot teach images of three channels */
export async function factsOf(teacher: Pick<OwnTeacher, 'name' | 'files'>): Promise<TeacherFacts> {
  const { kind, network, saved, classNames } = await opened(teacher);
  const { inputShape, classes, parameters } = network;
  network.dispose();
  return {
    kind,
    imageSize: inputShape.slice(0, 2).map((axis) => (axis === -1 ? null : axis)),
    classes,
    classNames,
    parameters,
    hasNormalization: saved !== undefined,
  };
}

async function opened(
  { name, files }: Pick<OwnTeacher, 'name' | 'files'>,
  imageShape?: PageData['imageShape'],
): Promise<Opened> {
  const kind = await kindOf(files);
  const listed = await namesIn(files);
  if (kind === 'layers model') {
    const model = await loadModel(files);
    const saved = modelMetadata(model);
    const isSoftmax = saved?.output === 'probabilities' && outputKind(model) === 'logits';
    const learning = createNetwork(model, { name, ...(isSoftmax && { logitsFrom: 'softmax' as const }) });
    const frozen = freeze(learning);
    const network = {
      ...frozen,
      dispose() {
        frozen.dispose();
        model.dispose();
      },
    };
    return checked({ kind, network, saved, classNames: listed ?? saved?.classNames });
  }
  const packages =
    kind === 'graph model'
      ? { '@tensorflow/tfjs-converter': await import('@tensorflow/tfjs-converter') }
      : { 'onnxruntime-web': (await import('./onnx.js')).runtime };
  const network = await loadTeacher(files, { name, imageShape, packages });
  return checked({ kind, network, saved: undefined, classNames: listed });
}

/** @throws DistillError, freeing the network, for what takes no colours, or has other names than logits */
function checked(all: Opened): Opened {
  const { network, classNames } = all;
  const [, , channels] = network.inputShape;
  const refuse = (expected: string, got: string, hint: string): never => {
    const where = `teacher '${network.name}'`;
    network.dispose();
    throw new DistillError({ code: 'shape', where, expected, got, hint });
  };
  if (channels !== 3 && channels !== -1)
    refuse(
      'a network of images with 3 channels (red, green, blue)',
      `one of ${channels} channels`,
      'Drop another teacher, or use the built-in one.',
    );
  if (classNames !== undefined && classNames.length !== network.classes)
    refuse(
      `${network.classes} lines in the text file, the name of one class each`,
      String(classNames.length),
      'Write the names in the order of the outputs, or drop the model without the file.',
    );
  return all;
}

/**
 * What kind of model some files are.
 *
 * @throws DistillError code `data`, naming what is missing
 */
async function kindOf(files: readonly File[]): Promise<TeacherKind> {
  if (files.some(({ name }) => /\.onnx$/i.test(name))) return 'ONNX file';
  const main =
    files.find(({ name }) => name === 'model.json') ?? files.find(({ name }) => /\.json$/i.test(name));
  if (main === undefined) {
    const names = files.slice(0, 3).map(({ name }) => name);
    throw new DistillError({
      code: 'data',
      where: 'teacher',
      expected: 'model.json with its weight files, or an .onnx file',
      got: names.length === 0 ? 'no files' : `${names.join(', ')}${files.length > names.length ? ', …' : ''}`,
      hint: 'Save a model with `model.save`, convert one with tensorflowjs_converter, or export it with torch.onnx.export.',
    });
  }
  // In a graph model each of many nodes says so; the format stands at the beginning or the end.
  return /"(?:format": ?"graph-model|node": ?\[)/.test(await main.text()) ? 'graph model' : 'layers model';
}

/** Names of classes, of a text file with one per line that was dropped with the model. */
async function namesIn(files: readonly File[]): Promise<readonly string[] | undefined> {
  const list = files.find(({ name }) => /\.txt$/i.test(name));
  if (list === undefined) return undefined;
  const lines = (await list.text()).split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** @throws DistillError code `shape` where its classes are not those of the images */
export async function ownTeacherOf(
  { name, files, pixels }: OwnTeacher,
  data: PageData,
): Promise<OpenedTeacher> {
  const { imageShape, classNames } = data;
  const { network, saved, classNames: own } = await opened({ name, files }, imageShape);
  const wanted = { name: data.title, classes: classNames.length, classNames };
  const matched = matchClasses(withTaps({ ...network, classNames: own }), wanted);
  if (matched.classes !== classNames.length) {
    network.dispose();
    throw new DistillError({
      code: 'shape',
      where: `teacher '${name}'`,
      expected: `${classNames.length} classes, those of your images`,
      got: `${matched.classes}`,
      hint: 'If your classes are among them, drop a text file with the model: the name of one class per line, in the order of the outputs. Or use the built-in teacher, which trains on your images.',
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
  told: Told,
): Promise<Omit<Measured, 'engine'>> {
  const { network, input } = await ownTeacherOf(teacher, data);
  try {
    return await measured(network, input, { data, told, source: 'a model of your own' });
  } finally {
    network.dispose();
  }
}

/** Figures of a teacher that is not trained here. */
export async function measured(
  network: FrozenNetwork,
  input: TeacherInput,
  { data, told, source }: { readonly data: PageData; readonly told: Told; readonly source: string },
): Promise<Omit<Measured, 'engine'>> {
  const [train, validation, test] = await Promise.all(
    (['train', 'validation', 'test'] as const).map((part) => datasetOf(data, part)),
  );
  if (train === undefined || validation === undefined || test === undefined) throw new Error('no images');
  const normalization = await channelStatistics(train);
  const seen = withInput(network, input, { imageShape: data.imageShape, normalization });
  const record = recordPredictions(test, seen.classes);
  const total = test.size + validation.size;
  let done = 0;
  const count = (): void => {
    if (++done % 10 === 0) told.progress({ done, total });
  };
  const add = (logits: ArrayLike<number>, index: number): void => {
    record.add(logits, index);
    count();
  };
  const accuracy = (await evaluate(seen, test, normalization, undefined, add)).accuracy;
  const validationBest = (await evaluate(seen, validation, normalization, undefined, count)).accuracy;
  return {
    last: accuracy,
    best: accuracy,
    validationBest,
    bestEpoch: undefined,
    history: [],
    predictions: record.encode() as Uint8Array<ArrayBuffer>,
    options: {},
    model: network.name,
    parameters: network.parameters,
    macs: network.macs,
    trainParameters: 0,
    inferenceParameters: 0,
    inferenceMacs: 0,
    latency: [],
    warnings: [],
    source,
  };
}
