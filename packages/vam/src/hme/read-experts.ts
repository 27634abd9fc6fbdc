import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError, expectModel } from '@distilljs/core';
import { AdaptiveAveragePooling } from './adaptive-pooling-layer.js';
import { ClassScores } from './class-heads.js';
import type { HeadKind } from './class-heads.js';
import { TaskAttention } from './task-attention-layer.js';

/** The parts of a hierarchical mixture of experts that training and explanations use. */
export interface Experts {
  /** Attention layers, from the images to the classes. */
  readonly levels: readonly TaskAttention[];
  readonly head: HeadKind;
}

/** @throws DistillError code `network` when the model has no attention between levels, or no class scores at its end */
export function readExperts(model: LayersModel): Experts {
  expectModel(model, 'readExperts');
  // By class name, because another copy of this package may have built the model.
  const isLevel = (layer: layers.Layer): layer is TaskAttention =>
    layer.getClassName() === TaskAttention.className;
  const isScores = (layer: layers.Layer): layer is ClassScores =>
    layer.getClassName() === ClassScores.className;
  const levels = model.layers.filter(isLevel);
  const scores = model.layers.find(isScores);
  if (levels.length > 0 && scores !== undefined) return { levels, head: scores.head };
  throw new DistillError({
    code: 'network',
    where: `model '${model.name}'`,
    expected: 'a hierarchical mixture of experts',
    got: levels.length === 0 ? 'no task attention' : 'no class scores',
    hint: 'Build the student with hmePaper or hmeReleased.',
  });
}

/** Registers the layers of a hierarchical mixture of experts with tfjs. Call it once before loading one. */
export function registerHme(): void {
  tf.serialization.registerClass(TaskAttention);
  tf.serialization.registerClass(ClassScores);
  tf.serialization.registerClass(AdaptiveAveragePooling);
}
