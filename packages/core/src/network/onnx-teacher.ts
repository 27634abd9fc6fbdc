import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError } from '../error/index.js';
import { shapeText } from '../tensor/index.js';
import type { ModelPlace } from '../model-file/place.js';
import { readFiles } from '../model-file/read-files.js';
import type { LoadOptions } from '../model-file/read-artifacts.js';
import type { FrozenNetwork } from './contract.js';
import { teacherFrom } from './foreign-teacher.js';
import { sourceAfter } from './logits.js';
import type { NetworkOptions } from './network.js';
import { channelAxes } from './onnx-axes.js';
import { openSession } from './onnx-session.js';
import { readOnnx, withOutputs } from './onnx-file.js';
import {
  expectInference,
  foundTaps,
  innerValues,
  lastOperation,
  lookInside,
  namedTaps,
} from './onnx-inside.js';
import type { OnnxFile, OnnxValue } from './onnx-file.js';
import { askOnnx, askShapes } from './onnx-images.js';
import type { ImageLayout, OnnxImages } from './onnx-images.js';

export interface OnnxTeacherOptions extends NetworkOptions, LoadOptions {
  /** Axis order of the images. Default: derived from the input's shape, whose channels are 1, 3 or 4. */
  readonly layout?: ImageLayout | undefined;
  /**
   * `[height, width, channels]` of the trial image, for axes that the file leaves open. Default
   * `[224, 224, 3]`.
   */
  readonly imageShape?: readonly [number, number, number] | undefined;
  /** Names of the classes, in the order of the logits. */
  readonly classNames?: readonly string[] | undefined;
}

/**
 * Loads an ONNX file as a teacher, run by `onnxruntime-node` or `onnxruntime-web`. Its first output is the
 * logits; if that comes from a softmax, its logarithm is taken.
 *
 * Taps are the graph's other outputs, and inner values named in `taps`, e.g.
 * `{ embedding: '/avgpool/GlobalAveragePool_output_0' }`. The last map of each size (`stageTaps`) and the input
 * of the last dense layer (`embedding`) are found automatically. Maps are returned as NHWC, whichever order the
 * graph has at that place; where nothing in the graph tells it, that of the images is assumed. A graph with a
 * fixed batch size runs in parts.
 *
 * @throws DistillError code `data` for anything but an ONNX file, `network` for a graph that does not map
 *   float32 images to rows of logits, `tap` for a missing value, `platform` without a runtime
 */
export async function loadOnnxTeacher(
  place: ModelPlace,
  options: OnnxTeacherOptions = {},
  runtime?: object,
): Promise<FrozenNetwork> {
  const { bytes, where, beside, folder } = await readFiles(place, options);
  const file = parsed(where, bytes);
  const external = await Promise.all(
    file.externalFiles.map(async (path) => ({ path, data: await beside(path) })),
  );
  const input = imageInput(where, file);
  expectInference(where, file);
  const layout = options.layout ?? layoutOf(where, input);
  const { batch, inputShape, trial } = imagesOf(input, layout, options.imageShape);
  const axes = channelAxes(file, input.name, layout);
  const named = namedTaps(where, file, options.taps);
  const open = async (wanted: readonly string[]): Promise<OnnxImages> => {
    const inner = wanted.filter((value) => file.outputs.every((each) => each.name !== value));
    const extended = inner.length === 0 ? bytes : withOutputs(bytes, inner);
    const session = await openSession(extended, where, { input: input.name, folder, external, runtime });
    return { where, session, layout, batch, channelAxes: axes };
  };
  const nodes = await lookInside(innerValues(file, input.name), async (names) => {
    const graph = await open(names);
    try {
      return await askShapes(graph, trial, names);
    } finally {
      graph.session.release();
    }
  });
  const taps = new Map(named);
  for (const { tap, value } of foundTaps(nodes, [...named.keys()], file)) taps.set(tap, value);

  const logits = (file.outputs[0] as OnnxValue).name;
  const logitsFrom = sourceAfter(lastOperation(file, logits), where, options.logitsFrom);
  const values = [...new Set(taps.values())];
  const graph = await open(values);
  try {
    // Further outputs that cannot be taps are left out; what the user names is refused.
    const shapes = await askShapes(
      graph,
      trial,
      [logits, ...values],
      [logits, ...Object.values(options.taps ?? {})],
    );
    for (const [tap, value] of taps) if (!shapes.has(value)) taps.delete(tap);
    const shapeOf = (value: string): readonly number[] => shapes.get(value) ?? [];
    const classes = expectLogits(where, logits, shapeOf(logits), options.classNames);
    const digest = sha256.create().update(bytes);
    for (const { data } of external) digest.update(data);
    digest.update(
      utf8ToBytes(JSON.stringify([layout, [...taps].map(([tap, value]) => [tap, value, axes.get(value)])])),
    );
    const teacher = teacherFrom(
      async (images, wanted) => {
        const hasMaps = wanted.some((tap) => shapeOf(taps.get(tap) ?? tap).length === 3);
        if (hasMaps) expectTrialSize(where, images.shape, trial);
        const found = await askOnnx(graph, images, [logits, ...wanted.map((tap) => taps.get(tap) ?? tap)]);
        const part = (value: string): Float32Array => found.get(value)?.values ?? new Float32Array();
        return {
          logits: part(logits),
          taps: Object.fromEntries(wanted.map((tap) => [tap, part(taps.get(tap) ?? tap)])),
        };
      },
      {
        name: options.name ?? where.replace(/^.*[\\/]|\.onnx.*$/gi, ''),
        classes: options.classNames ?? classes,
        imageShape: inputShape,
        taps: Object.fromEntries([...taps].map(([tap, value]) => [tap, shapeOf(value)])),
        logitsFrom,
        version: bytesToHex(digest.digest()),
        parameters: file.parameters,
        dispose: () => {
          graph.session.release();
        },
      },
    );
    return nodes.length === 0 ? teacher : { ...teacher, nodes: () => nodes };
  } catch (error) {
    graph.session.release();
    throw error;
  }
}

/** Shapes of maps are those of the trial image. */
function expectTrialSize(where: string, [, ...shape]: readonly number[], trial: Axes): void {
  if (shapeText(shape) === shapeText(trial)) return;
  const hint = `Its maps are known for that size. Load it with imageShape: ${shapeText(shape)}.`;
  throw refusal(where, `images of ${shapeText(trial)}`, shapeText(shape), hint);
}

type Axes = [height: number, width: number, channels: number];

/**
 * The images that a graph takes: the fixed batch size, the image shape (−1: any size), and that of a trial image.
 */
function imagesOf(
  { shape = [] }: OnnxValue,
  layout: ImageLayout,
  given: OnnxTeacherOptions['imageShape'],
): { batch: number | undefined; inputShape: Axes; trial: Axes } {
  const isFixed = (axis: number | string | undefined): axis is number => typeof axis === 'number' && axis > 0;
  const [batch, ...axes] = shape;
  const spatial = layout === 'nchw' ? [axes[1], axes[2], axes[0]] : axes;
  const inputShape = spatial.map((axis) => (isFixed(axis) ? axis : -1)) as Axes;
  const trial = inputShape.map((axis, at) =>
    axis === -1 ? (given?.[at] ?? (at === 2 ? 3 : 224)) : axis,
  ) as Axes;
  return { batch: isFixed(batch) ? batch : undefined, inputShape, trial };
}

/** The number of classes, given the shape of the first output. */
function expectLogits(
  where: string,
  output: string,
  shape: readonly number[],
  classNames: readonly string[] | undefined,
): number {
  const [classes, ...more] = shape;
  if (classes === undefined || more.length > 0) {
    const got = `[batch, ${shape.join(', ')}] (output '${output}')`;
    throw refusal(where, 'logits of shape [batch, classes] as the first output', got);
  }
  if (classNames !== undefined && classNames.length !== classes)
    throw refusal(where, `${classNames.length} logits, one per name in \`classes\``, String(classes));
  return classes;
}

const refusal = (
  where: string,
  expected: string,
  got: string,
  hint?: string,
  cause?: unknown,
): DistillError => new DistillError({ code: 'network', where, expected, got, hint, cause });

function parsed(where: string, bytes: Uint8Array): OnnxFile {
  let file: OnnxFile | undefined;
  let cause: unknown;
  try {
    file = readOnnx(bytes);
  } catch (error) {
    cause = error;
  }
  if (file !== undefined && file.nodes.length > 0 && file.outputs.length > 0) return file;
  const got = file === undefined ? 'bytes of another kind, or a part of a file' : 'one without a graph';
  const hint = 'Export the model again, for instance with torch.onnx.export.';
  throw new DistillError({ code: 'data', where, expected: 'an ONNX file', got, hint, cause });
}

const TYPES: Readonly<Record<number, string>> = {
  ...{
    1: 'float32',
    2: 'uint8',
    3: 'int8',
    6: 'int32',
    7: 'int64',
    10: 'float16',
    11: 'float64',
    16: 'bfloat16',
  },
};

function imageInput(where: string, { inputs, outputs }: OnnxFile): OnnxValue {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw refusal(where, 'one input, the images', `${inputs.length} inputs`);
  for (const [what, value] of [
    ['images', input],
    ['logits', outputs[0] as OnnxValue],
  ] as const) {
    if (value.type === 1) continue;
    const got = `${TYPES[value.type] ?? `type ${value.type}`} ('${value.name}')`;
    const hint =
      value.type === 10
        ? 'Export it in float32, or convert it and keep the input and output types (keep_io_types).'
        : 'Export it with float32 input and output, without the preprocessing.';
    throw refusal(where, `${what} in float32`, got, hint);
  }
  if (input.shape?.length === 4) return input;
  const got = input.shape === undefined ? 'an input of unknown shape' : `[${input.shape.join(', ')}]`;
  throw refusal(where, 'images with four axes as the input', got);
}

/** The axis order: the channel axis has size 1, 3 or 4. */
function layoutOf(where: string, { shape = [] }: OnnxValue): ImageLayout {
  const isChannels = (axis: number | string | undefined): boolean => axis === 1 || axis === 3 || axis === 4;
  const [first, last] = [isChannels(shape[1]), isChannels(shape[3])];
  if (first !== last) return first ? 'nchw' : 'nhwc';
  const expected = 'an input whose channels can be distinguished from its height and width';
  throw refusal(where, expected, `[${shape.join(', ')}]`, "Say `layout: 'nchw'` or `layout: 'nhwc'`.");
}
