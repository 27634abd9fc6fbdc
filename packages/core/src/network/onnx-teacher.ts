import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError, nearestNameHint } from '../error/index.js';
import type { ModelPlace } from '../model-file/place.js';
import { readFiles } from '../model-file/read-files.js';
import type { LoadOptions } from '../model-file/read-artifacts.js';
import type { FrozenNetwork } from './contract.js';
import { teacherFrom } from './foreign-teacher.js';
import type { NetworkOptions } from './network.js';
import { openSession } from './onnx-session.js';
import type { OnnxSession } from './onnx-session.js';
import { readOnnx, withOutputs } from './onnx-file.js';
import { foundTaps, innerValues, lookInside } from './onnx-inside.js';
import type { OnnxFile, OnnxValue } from './onnx-file.js';
import { askOnnx } from './onnx-images.js';
import type { ImageLayout, OnnxImages } from './onnx-images.js';

export interface OnnxTeacherOptions extends NetworkOptions, LoadOptions {
  /** Default: told from the input's shape, whose channels are 1, 3 or 4. */
  readonly layout?: ImageLayout | undefined;
  /** `[height, width, channels]` for axes that the file leaves open. Default: 224×224, or the channels that the file says. */
  readonly imageShape?: readonly [number, number, number] | undefined;
  /** Names of the classes, in the order of the logits. */
  readonly classNames?: readonly string[] | undefined;
}

/** The place of an ONNX file, which comes first where it is one of several files; undefined where there is none. */
export function onnxOf(place: ModelPlace): ModelPlace | undefined {
  if (typeof place === 'string' || place instanceof URL)
    return /\.onnx(?:[?#]|$)/i.test(String(place)) ? place : undefined;
  // What is no place at all is refused by whoever reads it.
  const isList: boolean = Array.isArray(place);
  if (!isList) return undefined;
  const main = place.find(({ name }) => /\.onnx$/i.test(name));
  return main === undefined ? undefined : [main, ...place.filter((file) => file !== main)];
}

/**
 * An ONNX file as a teacher, run by `onnxruntime-node` or `onnxruntime-web`, whichever is installed. Its first output is the
 * logits; a graph that ends in a softmax gives their logarithm.
 *
 * Taps are the graph's other outputs, and inner values that `taps` gives a name: `{ embedding: '/avgpool/GlobalAveragePool_output_0' }`.
 * Of a graph of NCHW images the last map of each size and what goes into the last dense layer are found, too (`stageTaps`).
 * Its maps are handed out as NHWC, any other value as it is. A graph with a fixed batch size is asked in parts.
 *
 * @throws DistillError code `data` for what is no ONNX file, `network` for a graph that takes no float32 images or gives no
 * rows of logits, `tap` for a value that is not there, `platform` without a runtime
 */
export async function loadOnnxTeacher(
  place: ModelPlace,
  options: OnnxTeacherOptions = {},
  runtime?: object,
): Promise<FrozenNetwork> {
  const { bytes, where, beside, folder } = await readFiles(place, options);
  const name = options.name ?? where.replace(/^.*[\\/]|\.onnx.*$/gi, '');
  const file = parsed(where, bytes);
  const external = await Promise.all(
    file.externalFiles.map(async (path) => ({ path, data: await beside(path) })),
  );
  const input = imageInput(where, file);
  const layout = options.layout ?? layoutOf(where, input);
  const [output, ...others] = file.outputs as [OnnxValue, ...OnnxValue[]];
  const values = new Set(file.nodes.flatMap(({ outputs }) => outputs));
  const taps = new Map([
    ...others.map((each) => [each.name, each.name] as const),
    ...Object.entries(options.taps ?? {}),
  ]);
  for (const [alias, value] of taps) {
    if (values.has(value)) continue;
    const hint = nearestNameHint(value, nearby(value, [...values]));
    throw new DistillError({
      code: 'tap',
      where: `${where}, tap '${alias}'`,
      expected: 'the name of a value of the graph',
      got: `'${value}'`,
      hint,
    });
  }
  const open = (wanted: readonly string[]): Promise<OnnxSession> => {
    const inner = wanted.filter((value) => file.outputs.every((each) => each.name !== value));
    const extended = inner.length === 0 ? bytes : withOutputs(bytes, inner);
    return openSession(extended, where, { input: input.name, folder, external, runtime });
  };
  const [batch, ...axes] = input.shape ?? [];
  const spatial = layout === 'nchw' ? [axes[1], axes[2], axes[0]] : axes;
  const inputShape = spatial.map((axis) => (typeof axis === 'number' && axis > 0 ? axis : -1));
  const imagesFor = (session: OnnxSession): OnnxImages => ({
    session,
    layout,
    batch: typeof batch === 'number' && batch > 0 ? batch : undefined,
  });
  const probeShape = inputShape.map((axis, at) =>
    axis === -1 ? (options.imageShape?.[at] ?? (at === 2 ? 3 : 224)) : axis,
  );
  const shape = [1, ...probeShape] as [number, number, number, number];
  const blank = { values: new Float32Array(shape.reduce((product, axis) => product * axis, 1)), shape };
  // Inside a graph of NHWC images maps come in either order: nobody can tell which.
  const nodes =
    layout === 'nchw'
      ? await lookInside(innerValues(file, input.name), async (names) => {
          const session = await open(names);
          try {
            return await askOnnx(imagesFor(session), blank, names);
          } finally {
            session.release();
          }
        })
      : [];
  for (const name of foundTaps(nodes, [...taps.keys()], file)) taps.set(name.tap, name.value);
  const session = await open([...new Set(taps.values())]);
  const images = imagesFor(session);
  const names = [...taps.keys()];
  try {
    const asked = [output.name, ...new Set(taps.values())];
    const probe = await askOnnx(images, blank, asked);
    const shapeOf = (value: string): readonly number[] => probe.get(value)?.shape.slice(1) ?? [];
    const [classes, ...more] = shapeOf(output.name);
    if (classes === undefined || more.length > 0) {
      const got = `[batch, ${shapeOf(output.name).join(', ')}] (output '${output.name}')`;
      throw refusal(where, 'logits of shape [batch, classes] as the first output', got);
    }
    const logitsFrom = options.logitsFrom ?? (endsInSoftmax(file, output.name) ? 'softmax' : 'output');
    const { classNames } = options;
    if (classNames !== undefined && classNames.length !== classes)
      throw refusal(where, `${classNames.length} logits, one per name in \`classes\``, String(classes));
    const digest = sha256.create().update(bytes);
    for (const { data } of external) digest.update(data);
    digest.update(utf8ToBytes(JSON.stringify([layout, [...taps]])));
    const teacher = teacherFrom(
      async (given, wanted) => {
        const found = await askOnnx(images, given, [
          output.name,
          ...wanted.map((tap) => taps.get(tap) ?? tap),
        ]);
        const part = (value: string): Float32Array => found.get(value)?.values ?? new Float32Array();
        return {
          logits: part(output.name),
          taps: Object.fromEntries(wanted.map((tap) => [tap, part(taps.get(tap) ?? tap)])),
        };
      },
      {
        name,
        classes: classNames ?? classes,
        imageShape: inputShape as [number, number, number],
        taps: Object.fromEntries(names.map((tap) => [tap, shapeOf(taps.get(tap) ?? tap)])),
        logitsFrom,
        version: bytesToHex(digest.digest()),
        parameters: file.parameters,
        dispose: () => {
          session.release();
        },
      },
    );
    return nodes.length === 0 ? teacher : { ...teacher, nodes: () => nodes };
  } catch (error) {
    session.release();
    throw error;
  }
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

/** Which axis holds the channels: the one of 1, 3 or 4. */
function layoutOf(where: string, { shape = [] }: OnnxValue): ImageLayout {
  const isChannels = (axis: number | string | undefined): boolean => axis === 1 || axis === 3 || axis === 4;
  const [first, last] = [isChannels(shape[1]), isChannels(shape[3])];
  if (first !== last) return first ? 'nchw' : 'nhwc';
  const expected = 'an input whose channels can be distinguished from its height and width';
  throw refusal(where, expected, `[${shape.join(', ')}]`, "Say `layout: 'nchw'` or `layout: 'nhwc'`.");
}

const PASSING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Cast']);

function endsInSoftmax(file: OnnxFile, value: string): boolean {
  const node = file.nodes.find(({ outputs }) => outputs.includes(value));
  if (node === undefined) return false;
  return node.op === 'Softmax' || (PASSING.has(node.op) && endsInSoftmax(file, node.inputs[0] ?? ''));
}

/** The last names of the graph, and those that have a part in common with what was asked for. */
function nearby(asked: string, values: readonly string[]): readonly string[] {
  const parts = asked
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part.length > 2);
  const alike = values.filter((value) => parts.some((part) => value.toLowerCase().includes(part)));
  return [...new Set([...alike.slice(-6), ...values.slice(-6)])].slice(0, 10);
}
