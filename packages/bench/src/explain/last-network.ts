import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, DistillError, directoryStore } from '@distilljs/core';
import type { Method, Network } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import type { MethodResult } from '../report/index.js';
import { buildCohort, planMethod } from '../run/cohort.js';
import type { RunData } from '../run/datasets.js';
import type { TrainingFolder } from '../run/run-folder.js';

/**
 * The student after the last epoch, with its attention intact: in the saved model the attention is folded, and entropies of different
 * epochs are not comparable.
 *
 * @returns undefined when the training left no checkpoint. The caller disposes the network.
 * @throws DistillError code `data` for another training's checkpoint
 */
export async function lastNetwork(
  method: MethodConfig,
  { options, seed }: Pick<MethodResult, 'options' | 'seed'>,
  config: RunConfig,
  data: RunData,
  folder: TrainingFolder,
): Promise<Network | undefined> {
  const store = directoryStore(folder.checkpoint);
  const name = (await store.list()).at(-1);
  if (name === undefined) return undefined;
  const { method: named, models, change } = planMethod(method, config.student.model);
  const [network, ...others] = await buildCohort(models, data.train, seed, change);
  for (const other of others) other.dispose();
  if (network === undefined) return undefined;
  const where = `${store.where}, checkpoint ${name}`;
  const { tensors, metadata } = decodeSafetensors(await store.read(name), where);
  if (!isOf(metadata['snapshot'], { name: named.name, options, seed })) {
    tf.dispose(tensors);
    network.dispose();
    const expected = `the checkpoint of ${method.as} with seed ${seed}`;
    const hint = 'Remove it: the training is then explained without its last epoch.';
    throw new DistillError({ code: 'data', where, expected, got: "another training's", hint });
  }
  tf.tidy(() => {
    for (const [variableName, variable] of Object.entries({ ...network.variables, ...network.statistics })) {
      const value = tensors[`student0/${variableName}`];
      if (value !== undefined) variable.assign(tf.clone(value));
    }
  });
  tf.dispose(tensors);
  return network;
}

/** Whether a checkpoint belongs to a training with this method, these options and this seed. */
function isOf(
  snapshot: string | undefined,
  { name, options, seed }: Pick<Method, 'name' | 'options'> & { readonly seed: number },
): boolean {
  const { identity } = JSON.parse(snapshot ?? '{}') as {
    readonly identity?: { readonly method: string; readonly options: string; readonly seed: number };
  };
  return identity?.method === name && identity.options === JSON.stringify(options) && identity.seed === seed;
}
