import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError, floatValues, nearestNameHint, readSafetensors } from '@distilljs/core';
import type { StoredTensor } from '@distilljs/core';
import { expectRegularFile } from '../file/index.js';
import { torchLayers } from './torch-layers.js';
import type { TorchLayer } from './torch-layers.js';
import { convolutionBefore, layerWeights, neededTensors } from './torch-tensors.js';
import type { NeededTensor } from './torch-tensors.js';
import { isModelName } from './zoo.js';

type Stored = Readonly<Record<string, StoredTensor>>;

/** What {@link loadTorchWeights} found. */
export interface TorchWeights {
  /** The library whose key names the file uses, e.g. `torchvision`. */
  readonly naming: string;
}

/** Prefixes that wrappers and checkpoints put before every key. */
const WRAPPERS = ['module', '_orig_mod', 'model', 'net', 'network', 'teacher', 'student', 'state_dict'];

/** A layer, the tensors that it needs, and for a batch norm the module of the convolution before it. */
interface Matched {
  readonly layer: TorchLayer;
  readonly needed: readonly NeededTensor[];
  readonly before: string | undefined;
}

/**
 * Sets the weights of a zoo network to those of a PyTorch network in a safetensors file. The two networks' logits agree to within
 * 1e-4 of their scale.
 *
 * Keys may be those of torchvision (`resnet*`, `vgg*_bn`, `mobilenet_v2`, `shufflenet_v2_*`), timm (`resnet*`, `mobilenetv2_*`),
 * or RepDistiller and mdistiller (all of their CIFAR networks). Prefixes that all keys share (`module.`, …) are dropped,
 * `num_batches_tracked` is ignored; values may be of 16, 32 or 64 bits.
 *
 * The zoo's convolutions have no bias before batch norm: a bias in the file is subtracted from that batch norm's moving mean. Where
 * batch norm has an epsilon other than PyTorch's 1e-5, the difference is added to its variance.
 *
 * @param path the file's path, or a `file:` URL
 * @throws DistillError code `data` for keys that are missing or left over (all of them at once), or values that are not finite;
 *   `shape` for tensors that do not fit; `checkpoint` for a damaged file; `network` for a network from outside the zoo. The
 *   network is left as it was.
 */
export async function loadTorchWeights(model: LayersModel, path: string | URL): Promise<TorchWeights> {
  const file = String(path).startsWith('file:') ? fileURLToPath(path) : String(path);
  expectSafetensors(file);
  const stored = unwrapped(readSafetensors(await readFile(file), file).tensors);
  const { naming, matched } = bestNaming(model, stored, file);
  expectKeys(model, { naming, matched }, stored, file);
  expectShapes(model, matched, stored, file);
  expectFinite(stored, file);
  for (const { layer, before } of matched) {
    const weights = layerWeights(layer, before, (key) => {
      const tensor = stored[key];
      return tensor && floatValues(tensor);
    });
    layer.layer.setWeights(weights);
    tf.dispose(weights);
  }
  return { naming };
}

function expectSafetensors(file: string): void {
  const what = 'a safetensors file of PyTorch weights';
  const pickled = /\.(?:pth|pt|bin|ckpt|tar|pkl)$/i.test(file);
  if (pickled) {
    throw new DistillError({
      code: 'data',
      where: file,
      expected: what,
      got: 'a file that holds Python objects',
      hint: "Convert it in Python: state = torch.load('FILE', map_location='cpu'), then safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()}, 'FILE.safetensors'); a checkpoint often has the weights under state['model'] or state['state_dict'].",
    });
  }
  expectRegularFile(file, what, 'data');
}

/** The tensors without `num_batches_tracked`, and without the prefixes that all keys share. */
function unwrapped(tensors: Stored): Stored {
  let entries = Object.entries(tensors).filter(([key]) => !key.endsWith('num_batches_tracked'));
  for (;;) {
    const prefix = WRAPPERS.find((name) => entries.every(([key]) => key.startsWith(`${name}.`)));
    if (prefix === undefined || entries.length === 0) return Object.fromEntries(entries);
    entries = entries.map(([key, tensor]) => [key.slice(prefix.length + 1), tensor]);
  }
}

interface Choice {
  readonly naming: string;
  readonly matched: readonly Matched[];
}

/** The naming with the most keys in the file. */
function bestNaming(model: LayersModel, stored: Stored, file: string): Choice {
  const choices = torchLayers(model).map(({ naming, layers }) => {
    const modules = new Map(layers.map(({ layer, module }) => [layer, module]));
    const convolutions = new Map(layers.map(({ layer }) => [layer, convolutionBefore(layer)]));
    const normed = new Set(convolutions.values());
    const matched = layers.map((layer): Matched => {
      const convolution = convolutions.get(layer.layer);
      return {
        layer,
        needed: neededTensors(layer, normed.has(layer.layer)),
        before: convolution && modules.get(convolution),
      };
    });
    const keys = matched.flatMap(({ needed }) => needed).filter(({ key }) => Object.hasOwn(stored, key));
    return { naming: naming.title, matched, found: keys.length };
  });
  const best = choices.sort((one, other) => other.found - one.found)[0];
  if (best !== undefined) return best;
  throw new DistillError({
    code: 'network',
    where: `loadTorchWeights, ${file}`,
    expected: 'a network of the zoo that has a counterpart in torchvision, timm or RepDistiller',
    got: `'${model.name}'`,
    hint: 'Build it with buildModel. The networks plain* and mobilenet16 to mobilenet64 exist only in distilljs; convert other models to ONNX.',
  });
}

const SHOWN = 6;
const listOf = (lines: readonly string[]): string =>
  lines.length <= SHOWN
    ? lines.join(', ')
    : `${lines.slice(0, SHOWN).join(', ')} and ${lines.length - SHOWN} more`;

/** Checks that every key is needed, and that every required key is there. */
function expectKeys(model: LayersModel, { naming, matched }: Choice, stored: Stored, file: string): void {
  const needed = matched.flatMap(({ needed: each }) => each);
  const known = new Set(needed.map(({ key }) => key));
  const required = new Set(needed.flatMap(({ key, isOptional }) => (isOptional ? [] : [key])));
  const unexpected = Object.keys(stored).filter((key) => !known.has(key));
  const missing = [...required].filter((key) => !Object.hasOwn(stored, key));
  if (missing.length + unexpected.length === 0) return;
  const withNearest = (keys: readonly string[], others: readonly string[]): string =>
    listOf(
      keys.map((key, at) => {
        const near =
          at < SHOWN ? /^Did you mean ('.*?')\?/.exec(nearestNameHint(key, others))?.[1] : undefined;
        return near === undefined ? `'${key}'` : `'${key}' (nearest: ${near})`;
      }),
    );
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} missing: ${withNearest(missing, unexpected)}`] : []),
    ...(unexpected.length > 0
      ? [`${unexpected.length} unexpected: ${withNearest(unexpected, missing)}`]
      : []),
  ];
  throw new DistillError({
    code: 'data',
    where: file,
    expected: `the ${required.size} keys of ${model.name} (${naming})`,
    got: parts.join('; '),
    hint: `Build the network that the file belongs to.${otherStem(model.name)}`,
  });
}

/** A hint that names the variants of this network with another stem or other last layers. */
function otherStem(name: string): string {
  const plain = name.replace(/-(?:32|224)$/, '');
  const others = [plain, `${plain}-32`, `${plain}-224`].filter(
    (other) => other !== name && isModelName(other),
  );
  if (others.length === 0) return '';
  return ` Beside ${name} there ${others.length === 1 ? 'is' : 'are'} ${others.join(' and ')}, with another stem or other last layers.`;
}

function expectShapes(model: LayersModel, matched: readonly Matched[], stored: Stored, file: string): void {
  const wrong = matched.flatMap(({ layer, needed }) =>
    needed.flatMap(({ key, shape }) => {
      const found = stored[key]?.shape ?? shape;
      return found.join() === shape.join() ? [] : [{ layer: layer.layer.name, key, shape, found }];
    }),
  );
  const [first] = wrong;
  if (first === undefined) return;
  const classes = wrong.find(({ layer, key }) => layer === 'classifier' && key.endsWith('.bias'));
  throw new DistillError({
    code: 'shape',
    where: file,
    expected: `tensors that fit ${model.name}: ${listOf(wrong.map(({ key, shape }) => `'${key}' [${shape.join(', ')}]`))}`,
    got: listOf(wrong.map(({ found }) => `[${found.join(', ')}]`)),
    hint:
      classes === undefined
        ? `Build the network that the file belongs to.${otherStem(model.name)}`
        : `The file's network has ${String(classes.found[0])} classes, this one ${String(classes.shape[0])}.`,
  });
}

function expectFinite(stored: Stored, file: string): void {
  for (const [key, tensor] of Object.entries(stored)) {
    const values = floatValues(tensor);
    const wrong = values?.find((value) => !Number.isFinite(value));
    if (values !== undefined && wrong === undefined) continue;
    throw new DistillError({
      code: 'data',
      where: `${file}, '${key}'`,
      expected: 'finite floating-point numbers',
      got: values === undefined ? `values of type ${tensor.dtype}` : String(wrong),
      hint: 'Save the weights again, as float32, float16 or bfloat16.',
    });
  }
}
