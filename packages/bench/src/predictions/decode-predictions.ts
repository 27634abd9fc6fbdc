import { DistillError, floatValues, readSafetensors } from '@distilljs/core';
import { digestOf, PREDICTIONS_VERSION } from './predictions-file.js';
import type { Predictions } from './predictions-file.js';

/**
 * Reads a file written by `recordPredictions`.
 *
 * @param where the file's name, for messages
 * @throws DistillError code `data` for a file that is damaged, of another format, or of another version
 */
export function decodePredictions(file: Uint8Array, where: string): Predictions {
  const hint = 'Remove the file; `distill-bench predictions RUN` makes it again.';
  const damaged = (expected: string, got: string): DistillError =>
    new DistillError({ code: 'data', where, expected, got, hint });
  const stored = read(file, where, damaged);
  const { sha256, ...metadata } = stored.metadata;
  const { format, version, test = '', network, width, classNames } = metadata;
  if (format !== 'distilljs predictions') throw damaged('predictions', 'another safetensors file');
  if (version !== PREDICTIONS_VERSION)
    throw damaged(`version ${PREDICTIONS_VERSION}`, `version ${String(version)}`);
  const parts = Object.values(stored.tensors).map(({ bytes }) => bytes);
  if (digestOf(stored.entries, metadata, parts) !== sha256)
    throw damaged('the bytes as they were written', 'other bytes');
  const whole = (name: string): Int32Array =>
    new Int32Array(new Uint8Array(stored.tensors[name]?.bytes ?? []).buffer);
  const floats = (name: string): Float32Array => {
    const tensor = stored.tensors[name];
    return (tensor && floatValues(tensor)) ?? new Float32Array();
  };
  const [images = NaN, count = NaN] = stored.tensors['logits']?.shape ?? [];
  const classes = Number(width);
  const isWhole = stored.tensors['classes'] === undefined;
  // The digest shows that the bytes are unchanged, not that this program wrote them.
  for (const [name, dtype, shape] of partsOf(isWhole, images, count)) {
    const part = stored.tensors[name];
    if (part?.dtype !== dtype || part.shape.join() !== shape.join())
      throw damaged(
        `${name}: ${dtype} of shape [${shape.join(', ')}]`,
        part === undefined ? 'nothing' : `${part.dtype} of shape [${part.shape.join(', ')}]`,
      );
  }
  if (!Number.isSafeInteger(classes) || !(isWhole ? count === classes : count <= classes))
    throw damaged(`a width of ${isWhole ? '' : 'at least '}${count}`, String(width));
  const labels = whole('labels');
  for (const indices of [labels, whole('classes')]) {
    const wrong = indices.find((at) => at < 0 || at >= classes);
    if (wrong !== undefined) throw damaged(`class indices from 0 to ${classes - 1}`, String(wrong));
  }
  const names = namesOf(classNames);
  if (names === null || (names?.length ?? 0) > classes)
    throw damaged(`a list of at most ${classes} class names`, String(classNames));
  return {
    fingerprint: test,
    network,
    images,
    classes,
    classNames: names,
    labels,
    logits: isWhole
      ? { kind: 'all', values: floats('logits') }
      : {
          ...{ kind: 'highest', count, values: floats('logits'), classes: whole('classes') },
          ...{ ofLabel: floats('label'), rest: floats('rest') },
        },
  };
}

/** Name, type and shape of each tensor of a file. */
function partsOf(
  isWhole: boolean,
  images: number,
  count: number,
): readonly (readonly [name: string, dtype: string, shape: readonly number[]])[] {
  const always = [
    ['logits', 'F16', [images, count]],
    ['labels', 'I32', [images]],
  ] as const;
  if (isWhole) return always;
  return [
    ...always,
    ['classes', 'I32', [images, count]],
    ['label', 'F16', [images]],
    ['rest', 'F16', [images]],
  ];
}

/** @returns null for anything but a list of texts */
function namesOf(text: string | undefined): readonly string[] | null | undefined {
  if (text === undefined) return undefined;
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null;
  } catch {
    return null;
  }
}

function read(
  file: Uint8Array,
  where: string,
  damaged: (expected: string, got: string) => DistillError,
): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(file, where);
  } catch (error) {
    const reason = error instanceof DistillError ? error.got : String(error);
    throw damaged('a file of predictions', reason);
  }
}
