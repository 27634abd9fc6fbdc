import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectDivided } from '../data/pixel-scale.js';
import { DistillError } from '../error/index.js';
import { channelsOf, checkedMetadata, modelMetadata } from '../model-file/index.js';
import type { ModelMetadata } from '../model-file/index.js';
import { classifierEnd } from '../network/classifier-end.js';
import { expectKnown } from '../option/index.js';

/** Fields of {@link ModelMetadata}. */
const FIELDS: readonly (keyof ModelMetadata)[] = [
  ...([
    'version',
    'imageSize',
    'channels',
    'scale',
    'normalization',
    'resize',
    'classNames',
    'output',
  ] as const),
];

const meant = (name: string): string | undefined =>
  name === 'mean' || name === 'std' ? 'Write `metadata: { normalization: { mean, std } }`.' : undefined;

/** Drops fields that are undefined or null: they count as not given. */
const withoutGaps = (said: Partial<ModelMetadata> | null | undefined): Partial<ModelMetadata> =>
  Object.fromEntries(Object.entries(said ?? {}).filter(([, value]) => (value ?? undefined) !== undefined));

/**
 * The metadata that a student runs with: the model's own, overridden by `said`.
 *
 * @throws DistillError code `option` for unknown fields, `data` for values that are missing, wrong or do not
 *   fit the model
 */
export function metadataFor(
  model: LayersModel,
  said: Partial<ModelMetadata> | null | undefined,
  where: string,
): ModelMetadata {
  if ((said ?? undefined) !== undefined) expectKnown('metadata', said, FIELDS, { meant });
  const given = withoutGaps(said);
  const saved = modelMetadata(model, where);
  const inputs = (model.inputs[0]?.shape ?? []).slice(1);
  if (saved === undefined && given.normalization === undefined) {
    throw new DistillError({
      code: 'data',
      where,
      expected: 'metadata (userDefinedMetadata.distilljs) that say how to normalize images',
      got: 'none: the model was saved by an older version, or made elsewhere',
      hint: 'Pass loadStudent(place, { metadata: { normalization: { mean, std }, classNames } }), with the values of the training, e.g. channelStatistics(train).',
    });
  }
  const size = (given.imageSize ?? saved?.imageSize ?? inputs) as ModelMetadata['imageSize'];
  const defaults = { version: 1, imageSize: size, channels: channelsOf(size[2]), scale: 255 };
  const known = classifierEnd(model, where);
  const output = saved?.output ?? given.output ?? known ?? 'logits';
  const metadata = checkedMetadata(where, { ...defaults, output, ...saved, ...given });
  // Those of a file may be measured on pixels of 16 bits.
  if (given.normalization !== undefined && metadata.scale === 255)
    expectDivided(given.normalization, [], 'metadata.normalization');
  if (known !== undefined && known !== metadata.output) {
    const expected = `${metadata.output} as the output, as its metadata say`;
    const hint = `Say metadata: { output: '${known}' }.`;
    throw new DistillError({ code: 'data', where, expected, got: known, hint });
  }
  if (inputs.length !== 3 || metadata.imageSize.some((axis, at) => (inputs[at] ?? axis) !== axis)) {
    throw new DistillError({
      code: 'data',
      where,
      expected: `a network of images [${metadata.imageSize.join(', ')}], as its metadata say`,
      got: `one of [${inputs.join(', ')}]`,
    });
  }
  return metadata;
}
