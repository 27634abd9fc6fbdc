import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, directoryStore } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { buildCohort, planMethod } from '../run/cohort.js';
import type { RunData } from '../run/datasets.js';
import type { TrainingFolder } from '../run/run-folder.js';

/**
 * The student as it was after the last epoch, still with its attention: what is saved beside it is folded, and
 * entropies of different epochs do not compare.
 *
 * @returns undefined when the training left no checkpoint. The caller disposes the network.
 */
export async function lastNetwork(
  method: MethodConfig,
  seed: number,
  config: RunConfig,
  data: RunData,
  folder: TrainingFolder,
): Promise<Network | undefined> {
  const store = directoryStore(folder.checkpoint);
  const name = (await store.list()).at(-1);
  if (name === undefined) return undefined;
  const { models, change } = planMethod(method, config.student.model);
  const [network, ...others] = await buildCohort(models, data.train, seed, change);
  for (const other of others) other.dispose();
  if (network === undefined) return undefined;
  const { tensors } = decodeSafetensors(await store.read(name), `${store.where}, checkpoint ${name}`);
  tf.tidy(() => {
    for (const [variableName, variable] of Object.entries({ ...network.variables, ...network.statistics })) {
      const value = tensors[`student0/${variableName}`];
      if (value !== undefined) variable.assign(tf.clone(value));
    }
  });
  tf.dispose(tensors);
  return network;
}
