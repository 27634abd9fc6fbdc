import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DistillError } from '@distilljs/core';
import type { Condense, FeatureMap, NetworkShape, Step } from '@distilljs/core';
import type { AttentionShape } from './attention/index.js';
import { layerMaps, mapsOfSummaries, mapSummary } from './map/index.js';
import type { LayerMaps, MapSummary } from './map/index.js';
import type { Matching } from './match-layers.js';
import type { AttentionOptions } from './options.js';
import { runsOfOneShape } from './select.js';
import { mapLayers } from './taps.js';
import type { MapLayer } from './taps.js';

/** The options, resolved for two networks. */
export interface LayerPair {
  readonly teacher: readonly MapLayer[];
  readonly student: readonly MapLayer[];
  readonly attention: AttentionShape;
  readonly matching: Matching;
}

/**
 * Resolves which maps of these networks are compared, who queries whom, and how many are kept.
 *
 * @param name of the method, for messages
 * @throws DistillError code `tap`, `shape` or `option` for taps or a `keep` that do not fit
 */
export function layerPair(
  name: string,
  options: AttentionOptions,
  networks: { readonly teacher: NetworkShape; readonly student: NetworkShape },
): LayerPair {
  const teacher = mapLayers(`${name}.teacherTaps`, networks.teacher, options.teacherTaps);
  const student = mapLayers(`${name}.studentTaps`, networks.student, options.studentTaps);
  const [queries, keys] = options.direction === 'teacher-query' ? [teacher, student] : [student, teacher];
  const { direction, grid, distance, select: rule, width } = options;
  const keep = layersToKeep(name, options, { queries, keys, teacher });
  const runs = runsOfOneShape(
    teacher.map(({ height, width: across, channels }) => [height, across, channels]),
  );
  return {
    teacher,
    student,
    attention: { queries, keys, width },
    matching: { direction, grid, distance, rule, keep, runs },
  };
}

/**
 * Keeps the summaries of the teacher's maps instead of the maps, as only they are compared: 28 KiB per image instead of
 * 560 KiB for a ResNet-32 at 32 pixels.
 */
export const teacherSummaries = (pair: LayerPair): Condense => ({
  shapes: Object.fromEntries(
    pair.teacher.flatMap(({ name, height, width, channels }) => [
      [energyName(name), [height * width]],
      [meansName(name), [channels]],
    ]),
  ),
  of: (output) =>
    Object.fromEntries(
      pair.teacher.flatMap(({ name }) => {
        const { energy, means } = mapSummary(output.tap(name) as FeatureMap, true);
        return [
          [energyName(name), energy],
          [meansName(name), means],
        ];
      }),
    ),
});

const energyName = (tap: string): string => `energy map of ${tap}`;
const meansName = (tap: string): string => `channel means of ${tap}`;

/** Maps of both networks in one step; the teacher's come from its {@link teacherSummaries} and are constants. */
export function mapsOfStep(
  pair: LayerPair,
  step: Pick<Step, 'teacher' | 'student'>,
): { readonly teacher: LayerMaps; readonly student: LayerMaps } {
  const summaries = pair.teacher.map(({ name }): MapSummary => ({
    energy: step.teacher.tap(energyName(name)) as Tensor2D,
    means: step.teacher.tap(meansName(name)) as Tensor2D,
  }));
  const features = pair.student.map(({ name }) => step.student.tap(name) as FeatureMap);
  return { teacher: mapsOfSummaries(summaries, pair.teacher, true), student: layerMaps(features, false) };
}

function layersToKeep(
  name: string,
  { select, keep }: AttentionOptions,
  layers: Readonly<Record<'queries' | 'keys' | 'teacher', readonly MapLayer[]>>,
): number {
  const [queries, keys, teacher] = [layers.queries.length, layers.keys.length, layers.teacher.length];
  const choice = select === 'bestMatch' ? teacher : keys;
  if (keep === 'auto') {
    return select === 'bestMatch'
      ? Math.ceil(teacher / 2)
      : Math.min(keys, Math.max(2, Math.round(keys / queries)));
  }
  if ((select !== 'topk' && select !== 'bestMatch') || keep <= choice) return keep;
  throw new DistillError({
    code: 'option',
    where: `${name}.keep`,
    expected: `at most ${choice}, the number of ${select === 'bestMatch' ? 'teacher maps' : 'keys'}`,
    got: String(keep),
    hint: "Lower it, tap more layers, or leave it 'auto'.",
  });
}
