import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  createNetwork,
  createRandom,
  expectGradients,
  expectTrainable,
  freeze,
  resolveEngine,
} from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { onOneTape } from '../../src/engine/tape.js';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { REPRODUCIBLE } from '../on-engines.js';
import { layerCases, layerClasses } from './every-layer.js';
import type { LayerCase } from './every-layer.js';

/*
 * Core's forward pass is the function that tfjs-layers computes: for every layer class and way to use it, predictions,
 * predictions of the frozen form, and gradients in training equal those of tfjs on its reference engine, cpu; or the
 * layer is refused by name. An engine that computes something else fails here too.
 */

interface Reference {
  readonly predicted: Float32Array;
  /** Undefined where tfjs itself has none. */
  readonly gradients: ReadonlyMap<string, Float32Array> | undefined;
}

const images = (): tf.Tensor4D => {
  const random = createRandom(7);
  // Whole numbers up to 8 would do for an embedding; the first rows of two images are zero, for masks.
  const values = Float32Array.from({ length: 4 * 72 }, () => 4 + 2 * random.normal());
  for (let at = 0; at < values.length; at++) {
    const bounded = Math.min(8, Math.max(0, values[at] ?? 0));
    const zero = (at >= 48 && at < 72) || (at >= 72 && at < 84) || (at >= 168 && at < 180);
    values[at] = zero ? 0 : bounded;
  }
  return tf.tensor4d(values, [4, 6, 6, 2]);
};

/** The model with seeded weights; variances are positive. */
function built({ build }: LayerCase): LayersModel {
  const model = build();
  const random = createRandom(3);
  for (const weight of model.weights as unknown as { originalName: string; val: tf.Variable }[]) {
    const low = /variance|gamma/.test(weight.originalName) ? 0.5 : -0.5;
    const values = Float32Array.from({ length: weight.val.size }, () => low + random.uniform());
    tf.tidy(() => {
      weight.val.assign(tf.tensor(values, weight.val.shape));
    });
  }
  return model;
}

/** As tf.tidy, for results that hold no tensor. */
function scoped<T>(compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}

const target = (): tf.Tensor => tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [4, 3]);
const lossOf = (logits: tf.Tensor): tf.Scalar => tf.mean(tf.squaredDifference(logits, target()));

/** As tfjs takes them. */
function gradientsOf(network: Network, forward: () => tf.Tensor): Map<string, Float32Array> {
  const variables = Object.entries(network.variables);
  return scoped(() => {
    const { grads } = tf.variableGrads(
      () => lossOf(forward()),
      variables.map(([, variable]) => variable),
    );
    return new Map(
      variables.flatMap(([name, variable]) => {
        const found = grads[variable.name];
        return found == null ? [] : [[name, found.dataSync<'float32'>().slice()] as const];
      }),
    );
  });
}

/** As the trainer takes them. */
function ownGradients(network: Network, x: tf.Tensor4D): Map<string, Float32Array> {
  const variables = Object.entries(network.variables);
  return scoped(() =>
    onOneTape(
      () => lossOf(train(network, x)),
      (loss, gradientOf) => {
        const found = gradientOf(
          () => loss,
          variables.map(([, variable]) => variable),
        );
        return new Map(
          variables.flatMap(([name], at) => {
            const gradient = found[at]?.dataSync<'float32'>().slice();
            return gradient === undefined ? [] : [[name, gradient] as const];
          }),
        );
      },
    ),
  );
}

const train = (network: Network, x: tf.Tensor4D): tf.Tensor =>
  network.forward(x, { training: true, random: createRandom(1), moveStatistics: false }).logits;

function referenceOf(given: LayerCase): Reference {
  return scoped(() => {
    const model = built(given);
    const x = images();
    const predicted = (model.predict(x) as tf.Tensor).dataSync<'float32'>().slice();
    const network = createNetwork(model);
    try {
      return {
        predicted,
        gradients: gradientsOf(network, () => model.apply(x, { training: true }) as tf.Tensor),
      };
    } catch {
      return { predicted, gradients: undefined };
    }
  });
}

const all = Object.entries(layerCases).flatMap(([kind, ways]) =>
  Object.entries(ways).map(([way, given]) => [`${kind}: ${way}`, given] as const),
);
const references = new Map<string, Reference | Error>();

it('every layer class of tfjs-layers has its cases', () => {
  expect(Object.keys(layerCases).sort()).toEqual([...layerClasses].sort());
});

for (const { name: engine } of REPRODUCIBLE) {
  describe(`every layer on ${engine}`, () => {
    beforeAll(async () => {
      await resolveEngine('cpu');
      for (const [name, given] of all) {
        if (given.network !== undefined || given.predict !== undefined || references.has(name)) continue;
        try {
          references.set(name, referenceOf(given));
        } catch (error) {
          references.set(name, new Error(`tfjs cannot predict this: ${String(error)}`));
        }
      }
      await resolveEngine(engine);
    });

    it.each(all)('%s', async (name, given) => {
      if (given.network !== undefined) {
        const error = await caught(() => createNetwork(given.build()));
        expect(error.message).toMatch(given.network);
        return;
      }
      const network = createNetwork(built(given));
      const x = images();
      const { predict, student } = { ...given, ...given.engines?.[engine] };
      if (predict !== undefined) {
        for (const each of [network, freeze(network)])
          expect((await caught(() => each.forward(x))).message).toMatch(predict);
        return;
      }
      const reference = references.get(name) as Reference | Error;
      if (reference instanceof Error) throw reference;
      const { predicted, gradients } = reference;
      const close = Math.max(...predicted.map(Math.abs), 1) * 1e-5;
      tf.tidy(() => {
        expectClose(network.forward(x).logits, predicted, close, 'logits');
        expectClose(freeze(network).forward(x).logits, predicted, 10 * close, 'logits of the frozen form');
      });
      const learn = (): void => {
        expectTrainable(network);
        expectGradients(network, x);
      };
      if (student !== undefined) {
        expect((await caught(learn)).message).toMatch(student);
        return;
      }
      learn();
      const own = ownGradients(network, x);
      expect(gradients === undefined).toBe(given.untrainableInTfjs ?? false);
      if (gradients !== undefined) {
        expect([...own.keys()]).toEqual([...gradients.keys()]);
        for (const [weight, values] of gradients) {
          const largest = Math.max(...values.map(Math.abs), 1e-2);
          expectClose(own.get(weight) ?? [], values, 2e-4 * largest, `gradient of ${weight}`);
        }
      }
      if (engine === 'cpu' && given.kinks === undefined) expectDirection(network, x, own);
    });
  });
}

/** d loss / d t of all weights + t · direction, by central differences, against the gradient along the direction. */
function expectDirection(
  network: Network,
  x: tf.Tensor4D,
  gradients: ReadonlyMap<string, Float32Array>,
): void {
  const random = createRandom(5);
  const moves = [...gradients].map(([name, gradient]) => {
    const variable = network.variables[name] as tf.Variable;
    const from = variable.dataSync<'float32'>().slice();
    const along = Float32Array.from(gradient, () => random.uniform() - 0.5);
    return {
      variable,
      from,
      along,
      slope: gradient.reduce((sum, value, at) => sum + value * (along[at] ?? 0), 0),
    };
  });
  const lossAt = (t: number): number =>
    tf.tidy(() => {
      for (const { variable, from, along } of moves)
        variable.assign(
          tf.tensor(
            from.map((value, at) => value + t * (along[at] ?? 0)),
            variable.shape,
          ),
        );
      return lossOf(train(network, x)).dataSync()[0] ?? NaN;
    });
  const h = 2e-3;
  const numeric = (lossAt(h) - lossAt(-h)) / (2 * h);
  lossAt(0);
  const slope = moves.reduce((sum, move) => sum + move.slope, 0);
  const size = moves.reduce((sum, move) => sum + Math.abs(move.slope), 0);
  expect(Math.abs(numeric - slope), `slope ${slope}, by differences ${numeric}`).toBeLessThan(
    0.03 * size + 5e-3,
  );
}
