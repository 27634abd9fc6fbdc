import { DistillError } from '@distilljs/core';
import type { FeatureMap, NetworkOutput, NetworkShape, Step } from '@distilljs/core';
import type { AttentionShape } from './attention/index.js';
import { layerMaps } from './map/index.js';
import type { LayerMaps } from './map/index.js';
import type { Matching } from './match-layers.js';
import type { AttentionOptions } from './options.js';
import { runsOfOneShape } from './select.js';
import { mapLayers } from './taps.js';
import type { MapLayer } from './taps.js';

/** The options, settled for two networks. */
export interface LayerPair {
  readonly teacher: readonly MapLayer[];
  readonly student: readonly MapLayer[];
  readonly attention: AttentionShape;
  readonly matching: Matching;
}

/**
 * Which maps of these networks take part, who asks whom, and how many are kept.
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

/** Maps of both networks in one step; the teacher's are constants. */
export function mapsOfStep(
  { teacher, student }: LayerPair,
  step: Pick<Step, 'teacher' | 'student'>,
): { readonly teacher: LayerMaps; readonly student: LayerMaps } {
  const features = (output: NetworkOutput, layers: readonly MapLayer[]): FeatureMap[] =>
    layers.map(({ name }) => output.tap(name) as FeatureMap);
  return {
    teacher: layerMaps(features(step.teacher, teacher), true),
    student: layerMaps(features(step.student, student), false),
  };
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
