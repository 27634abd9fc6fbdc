import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../error/first-line.js';
import { DistillError } from '../error/index.js';
import { layersModelOf } from '../model-file/build-model.js';
import { WIRING } from '../model-file/check-wiring.js';
import type { ModelPlace } from '../model-file/place.js';
import { readArtifacts } from '../model-file/read-artifacts.js';
import type { LoadOptions } from '../model-file/read-artifacts.js';
import type { FrozenNetwork } from './contract.js';
import { freeze } from './freeze.js';
import { wiringProblem } from './graph-model.js';
import type { GraphModelLike } from './graph-model.js';
import { freezeGraphModel } from './graph-teacher.js';
import { createNetwork } from './network.js';
import type { NetworkOptions } from './network.js';

/** Loads a layers model, or a graph model that `converter` (a module) runs, as a teacher. */
export async function loadFolderTeacher(
  place: ModelPlace,
  options: NetworkOptions & LoadOptions,
  converter: object | undefined,
): Promise<FrozenNetwork> {
  const saved = await readArtifacts(place, options);
  const { name, taps, logitsFrom } = options;
  if (!saved.isGraphModel) {
    const model = await layersModelOf(saved);
    const weights = model.weights as unknown as { readonly val: tf.Variable }[];
    // tfjs does not free the weights of a nested model that is used twice.
    const whole = {
      dispose() {
        model.dispose();
        for (const { val } of weights) val.dispose();
      },
    };
    return orDisposed(whole, () => owning(freeze(createNetwork(model, { name, taps, logitsFrom })), whole));
  }
  const { loadGraphModel } = (converter as Converter | undefined) ?? (await ownConverter());
  const damaged = (got: string, cause?: unknown): DistillError =>
    new DistillError({
      code: 'data',
      where: saved.where,
      expected: 'a tfjs graph model (model.json and the weight files that it names)',
      got,
      hint: WIRING,
      cause,
    });
  // The converter would leave the weights behind.
  const problem = wiringProblem(saved.artifacts.modelTopology);
  if (problem !== undefined) throw damaged(problem);
  const model = await loadGraphModel(tf.io.fromMemory(saved.artifacts)).catch((cause: unknown) => {
    throw damaged(firstLine(cause), cause);
  });
  return orDisposed(model, () => owning(freezeGraphModel(model, { name, taps, logitsFrom }), model));
}

/** Frees the model if `make` throws. */
function orDisposed<T>(model: { dispose(): void }, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    model.dispose();
    throw cause;
  }
}

/** A frozen network whose `dispose` also frees its model. */
const owning = (frozen: FrozenNetwork, model: { dispose(): void }): FrozenNetwork => ({
  ...frozen,
  dispose() {
    frozen.dispose();
    model.dispose();
  },
});

interface Converter {
  readonly loadGraphModel: (handler: tf.io.IOHandler) => Promise<GraphModelLike>;
}

async function ownConverter(): Promise<Converter> {
  // Not a literal: a bundler would fail on an optional package that is not installed.
  const specifier = '@tensorflow/tfjs-converter';
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as Converter;
  } catch (cause) {
    throw new DistillError({
      code: 'platform',
      where: 'loadTeacher',
      expected: `the package ${specifier}, which runs graph models`,
      got: 'none',
      hint: `npm i ${specifier}; in a page import it and pass it in \`packages\`.`,
      cause,
    });
  }
}
