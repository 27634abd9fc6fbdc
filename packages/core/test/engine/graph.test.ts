import * as tf from '@tensorflow/tfjs-core';
import { layers, model as tfModel } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  adam,
  asSchedule,
  checkpoints,
  createNetwork,
  crossEntropy,
  defineMethod,
  distill,
  graphUse,
  isDistillError,
  kd,
  memoryStore,
  nonNegative,
  resolveEngine,
  sgd,
} from '../../src/index.js';
import type { DistillOptions, Method, Step } from '../../src/index.js';
import { asGraph } from '../../src/engine/graph/index.js';
import { hasOwnConvolutions } from '../../src/engine/graph/compiled-graph.js';
import { planGraph } from '../../src/engine/graph/plan-graph.js';
import type { Op, TensorInfo } from '../../src/engine/graph/recording.js';
import { testEngines, tinyDataset, tinyNetwork } from '../../src/testing/index.js';

const node = (await testEngines()).find(({ name }) => name === 'node');
const reason = node === undefined ? ' (skipped: another engine was asked for)' : node.skipped;
const skip = node?.skipped !== undefined || node === undefined;

/** Whether the binding has this repository's own convolutions. */
const hasWinograd = await (async () => {
  if (skip) return false;
  await resolveEngine('node');
  const { binding } = tf.backend() as unknown as { binding: Parameters<typeof hasOwnConvolutions>[0] };
  return hasOwnConvolutions(binding);
})();

/** Tensors that TensorFlow holds. */
const held = (): number =>
  (tf.backend() as unknown as { binding: { getNumOfTensors(): number } }).binding.getNumOfTensors();

const off = async <T>(compute: () => Promise<T>): Promise<T> => {
  process.env['DISTILLJS_GRAPH'] = '0';
  try {
    return await compute();
  } finally {
    delete process.env['DISTILLJS_GRAPH'];
  }
};

const setup = (method: Method, more: Partial<DistillOptions> = {}): DistillOptions => ({
  teacher: tinyNetwork(1, { width: 6 }),
  students: [tinyNetwork(2)],
  method,
  train: tinyDataset(48, 1),
  epochs: 3,
  batchSize: 12,
  seed: 1,
  ...more,
});

const weights = (options: DistillOptions): number[] =>
  Object.values((options.students[0] as ReturnType<typeof tinyNetwork>).variables).flatMap((variable) =>
    Array.from(variable.dataSync()),
  );

/** Largest difference, relative to the largest value. */
function distance(a: readonly number[], b: readonly number[]): number {
  const largest = (values: readonly number[]): number =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(a.map((value, at) => value - (b[at] ?? NaN))) / largest(a);
}

async function bothWays(make: () => DistillOptions): Promise<{ graph: number[]; eager: number[] }> {
  const [graph, eager] = [make(), make()];
  (await distill(graph)).dispose();
  await off(async () => {
    (await distill(eager)).dispose();
  });
  return { graph: weights(graph), eager: weights(eager) };
}

describe('the plan of a graph', () => {
  const float = 1;
  const info = (shape: number[]): TensorInfo => ({ shape, dtype: float });
  /** x * filter + added, x [2, 4, 4, 3] */
  const planOf = (added: number[]): readonly string[] => {
    const externals = [[2, 4, 4, 3], [3, 3, 3, 8], added].map((shape) => ({
      ...info(shape),
      fixed: undefined,
      bytes: undefined,
    }));
    const op = (name: string, inputs: number[]): Op => ({
      kind: 'op',
      name,
      attributes: [],
      inputs,
      outputs: [info([2, 4, 4, 8])],
    });
    const entries = [op('Conv2D', [-1, -2]), op('Add', [0, -3]), op('Relu', [1])];
    const { nodes } = planGraph({ entries, externals, structure: new Set() }, () => new Uint8Array());
    return nodes.slice(3).map((node) => node.op);
  };

  it('adds biases of convolutions in a form that TensorFlow fuses', () => {
    expect(planOf([8])).toEqual(['Conv2D', 'BiasAdd', 'Relu']);
    expect(planOf([2, 4, 4, 8])).toEqual(['Conv2D', 'Add', 'Relu']);
    expect(planOf([1])).toEqual(['Conv2D', 'Add', 'Relu']);
  });
});

describe.skipIf(skip)(`graphs of steps on node${reason === undefined ? '' : reason}`, () => {
  beforeAll(async () => {
    await resolveEngine('node');
  });
  afterEach(() => {
    delete process.env['DISTILLJS_GRAPH'];
  });

  it('train as the operations one by one do', async () => {
    const before = graphUse()?.runs ?? 0;
    const { graph, eager } = await bothWays(() =>
      setup(kd(), { augmentation: { padCrop: 1, flip: true, padValue: 0 } }),
    );
    expect(distance(eager, graph)).toBeLessThan(1e-5);
    expect((graphUse()?.runs ?? 0) - before).toBeGreaterThanOrEqual(12);
    expect(graphUse()?.eager).toEqual([]);
  });

  it('follow a learning rate that changes in every step', async () => {
    const learningRate = {
      ...asSchedule(0),
      name: 'steps',
      rate: (at: { epoch: number }) => 0.01 * (1 + at.epoch),
    };
    const { graph, eager } = await bothWays(() => setup(kd(), { optimizer: sgd({ learningRate }) }));
    expect(distance(eager, graph)).toBeLessThan(1e-5);
  });

  it('follow a loss that computes with the epoch, the step and random numbers in JavaScript', async () => {
    const annealed = defineMethod<{ readonly weight: number }>({
      name: 'annealed',
      defaults: { weight: 1 },
      check: { weight: nonNegative },
      reads: () => ({ student: [] }),
      loss: (step, { weight }) => {
        const noise = tf.tensor1d(Array.from({ length: 12 }, () => step.random.uniform()));
        const logits = tf.mul(step.student.logits, 1 + step.epoch + step.step / 7);
        return {
          ce: {
            value: crossEntropy(step.oneHot, logits as typeof step.student.logits),
            weight: weight + step.epoch,
          },
          noise: { value: tf.mean<tf.Scalar>(tf.mul(tf.square(tf.sum(logits, 1)), noise)), weight: 0.01 },
        };
      },
    });
    const { graph, eager } = await bothWays(() => setup(annealed(), { teacher: undefined }));
    expect(distance(eager, graph)).toBeLessThan(1e-5);
  });

  it('are rebuilt for another branch of a loss', async () => {
    const branching = defineMethod<Record<string, never>>({
      name: 'branching',
      defaults: {},
      check: {},
      reads: () => ({ student: [] }),
      loss: (step) => {
        const ce = crossEntropy(step.oneHot, step.student.logits);
        return { ce: { value: step.epoch % 2 === 0 ? ce : tf.square<tf.Scalar>(ce), weight: 1 } };
      },
    });
    const { graph, eager } = await bothWays(() => setup(branching(), { teacher: undefined, epochs: 4 }));
    expect(distance(eager, graph)).toBeLessThan(1e-5);
  });

  it('take a step back where a term is not finite', async () => {
    let steps = 0;
    const breaking = defineMethod<Record<string, never>>({
      name: 'breaking',
      defaults: {},
      check: {},
      reads: () => ({ student: [] }),
      loss: (step) => {
        steps += 1;
        const ce = crossEntropy(step.oneHot, step.student.logits);
        return { ce: { value: tf.mul<tf.Scalar>(ce, steps > 6 ? Infinity : 1), weight: 1 } };
      },
    });
    const options = setup(breaking(), { teacher: undefined });
    const error: unknown = await distill(options).catch((caught: unknown) => caught);
    expect(isDistillError(error) && error.code).toBe('numeric');
    expect(weights(options).every(Number.isFinite)).toBe(true);
  });

  it('continue from a checkpoint with the same bytes', async () => {
    const whole = setup(kd());
    (await distill(whole)).dispose();

    const store = memoryStore();
    const abort = new AbortController();
    const first = setup(kd(), {
      signal: abort.signal,
      callbacks: [
        checkpoints(store),
        {
          name: 'stops',
          step: ({ done }) => {
            if (done === 7) abort.abort();
          },
        },
      ],
    });
    (await distill(first)).dispose();
    const second = setup(kd(), { callbacks: [checkpoints(store)] });
    (await distill(second)).dispose();
    expect(weights(second)).toEqual(weights(whole));
  });

  it('hold as many tensors after a step as before it', async () => {
    const counts: number[] = [];
    const options = setup(kd(), {
      epochs: 5,
      callbacks: [{ name: 'counts', step: () => void counts.push(held()) }],
    });
    (await distill(options)).dispose();
    expect(new Set(counts.slice(4))).toHaveProperty('size', 1);
  });

  it('read a value in the middle of what waits', async () => {
    const compute = async (scale: number): Promise<number[]> =>
      asGraph(async () => {
        const x = tf.tensor1d([1, 2, 3]);
        let y = tf.mul(x, scale);
        for (let round = 0; round < 8; round++) y = tf.add(y, tf.sin(x));
        const seen = (await y.data())[0] ?? 0;
        let z = tf.mul(y, seen);
        for (let round = 0; round < 8; round++) z = tf.sub(z, tf.cos(x));
        return Array.from(await z.data());
      });
    const expected = (scale: number): number[] => {
      const y = [1, 2, 3].map((x) => x * scale + 8 * Math.sin(x));
      return [1, 2, 3].map((x, at) => (y[at] ?? 0) * (y[0] ?? 0) - 8 * Math.cos(x));
    };
    for (const scale of [1, 2, -3]) {
      (await compute(scale)).forEach((value, at) => {
        expect(value).toBeCloseTo(expected(scale)[at] ?? NaN, 3);
      });
    }
  });

  it('tell shapes and axes from values', async () => {
    const reduce = async (axis: number): Promise<number[]> =>
      asGraph(async () => {
        let x: tf.Tensor = tf.tensor2d([1, 2, 3, 4], [2, 2]);
        for (let round = 0; round < 10; round++) x = tf.add(x, 1);
        return Array.from(await tf.sum(x, axis).data());
      });
    expect(await reduce(0)).toEqual([24, 26]);
    expect(await reduce(1)).toEqual([23, 27]);
    expect(await reduce(0)).toEqual([24, 26]);
  });

  // Within a suite that is skipped, vitest counts the tests of another skipped one as never run.
  describe.skipIf(!skip && !hasWinograd)('with convolutions by Winograd’s algorithm', () => {
    const shapes = [
      [2, 8, 8, 16, 32],
      [3, 16, 16, 32, 16],
      [3, 7, 8, 48, 16],
      [1, 4, 4, 16, 128],
      [2, 11, 12, 64, 80],
    ] as const;

    it.each(shapes)('%i images of %i x %i: %i channels to %i', async (n, h, w, c, d) => {
      const compute = async (): Promise<number[]> =>
        asGraph(async () => {
          const x = tf.randomNormal<tf.Rank.R4>([n, h, w, c], 0, 1, 'float32', 1);
          const filter = tf.randomNormal<tf.Rank.R4>([3, 3, c, d], 0, 0.1, 'float32', 2);
          const bias = tf.randomNormal([d], 0, 1, 'float32', 3);
          const dy = tf.randomNormal<tf.Rank.R4>([n, h, w, d], 0, 1, 'float32', 4);
          const y = tf.relu(tf.add(tf.add(tf.conv2d(x, filter, 1, 'same'), bias), dy));
          const plain = tf.relu(tf.conv2d(x, filter, 1, 'same'));
          const gradients = tf.grads((image: tf.Tensor, weights: tf.Tensor) =>
            tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, 'same'),
          )([x, filter], dy);
          const all = tf.concat([y, plain, ...gradients].map((value) => tf.reshape(value, [-1])));
          return Array.from(await all.data());
        });
      process.env['DISTILLJS_WINOGRAD'] = '0';
      const expected = await off(compute);
      delete process.env['DISTILLJS_WINOGRAD'];
      const got = await compute();
      expect(await compute()).toEqual(got);
      expect(got).not.toEqual(expected);
      expect(distance(expected, got)).toBeLessThan(1e-5);
    });

    it('train as the operations one by one do', async () => {
      const { graph, eager } = await bothWays(() =>
        setup(kd({ ceWeight: 0.1, kdWeight: 0.9 }), {
          teacher: tinyNetwork(1, { width: 16 }),
          students: [tinyNetwork(2, { width: 16 })],
          epochs: 1,
        }),
      );
      expect(distance(graph, eager)).toBeLessThan(1e-2);
    });
  });

  it('leave out what draws numbers of its own', async () => {
    const draw = async (): Promise<number[]> =>
      asGraph(async () => {
        let x: tf.Tensor = tf.tensor2d([[0.1, 0.2, 0.3, 0.4]]);
        for (let round = 0; round < 10; round++) x = tf.add(x, 0);
        return Array.from(await tf.multinomial(x as tf.Tensor2D, 5, 7).data());
      });
    for (const value of [...(await draw()), ...(await draw())]) expect([0, 1, 2, 3]).toContain(value);
  });

  describe('repeated without their JavaScript', () => {
    const issued = async <T>(compute: () => Promise<T>): Promise<T> => {
      process.env['DISTILLJS_REPEAT'] = '0';
      try {
        return await compute();
      } finally {
        delete process.env['DISTILLJS_REPEAT'];
      }
    };
    const repeated = (): number => graphUse()?.repeated ?? 0;
    const train = async (options: DistillOptions): Promise<number[]> => {
      (await distill(options)).dispose();
      return weights(options);
    };
    /** How often parts of steps were repeated, when the weights are the same bytes as without. */
    const sameBytes = async (make: () => DistillOptions): Promise<number> => {
      const before = repeated();
      const found = await train(make());
      const count = repeated() - before;
      expect(await issued(() => train(make()))).toEqual(found);
      return count;
    };
    /** A cross-entropy that is scaled by a number of JavaScript's. */
    const scaled = (scale: (step: Step) => number, repeatable: boolean): Method =>
      defineMethod<Record<string, never>>({
        name: 'scaled',
        repeatable,
        defaults: {},
        check: {},
        reads: () => ({ student: [] }),
        loss: (step) => {
          const ce = crossEntropy(step.oneHot, step.student.logits);
          return { ce: { value: tf.mul<tf.Scalar>(ce, scale(step)), weight: 1 } };
        },
      })();
    const alone = (method: Method, more: Partial<DistillOptions> = {}): DistillOptions =>
      setup(method, { teacher: undefined, train: tinyDataset(72, 1), ...more });

    it.each([
      ['sgd', sgd({ momentum: 0.9, nesterov: true })],
      ['sgd without momentum', sgd({ momentum: 0 })],
      ['adam', adam()],
    ])('train to the same bytes, by %s', async (_, optimizer) => {
      const learningRate = {
        ...asSchedule(0),
        name: 'steps',
        rate: ({ epoch }: { epoch: number }) => 0.01 + epoch / 100,
      };
      const options = { ...optimizer.options, learningRate };
      const changing = optimizer.name === 'adam' ? adam(options) : sgd(options);
      const count = await sameBytes(() =>
        setup(kd(), {
          train: tinyDataset(72, 1),
          optimizer: changing,
          augmentation: { padCrop: 1, flip: true, padValue: 0 },
        }),
      );
      // Of six steps of an epoch the first is looked at; in the first epoch two more.
      expect(count).toBeGreaterThanOrEqual(3 * (3 + 5 + 5));
    });

    it('train to the same bytes with the cached outputs of a teacher', async () => {
      expect(
        await sameBytes(() =>
          setup(kd(), { train: tinyDataset(72, 1), epochs: 4, teacherOutputs: { kind: 'cached', views: 2 } }),
        ),
      ).toBeGreaterThan(0);
    });

    it.each<[string, (step: Step) => number]>([
      ['the epoch', (step) => 1 + step.epoch],
      ['the step', (step) => 1 + step.step / 7],
      ['the progress', (step) => 1 + step.progress],
      ['the positions of images', (step) => 1 + (step.indices[0] ?? 0) / 100],
      ['random numbers', (step) => 1 + step.random.fork('a').uniform()],
    ])('are issued where a loss looks at %s, whatever it says of itself', async (_, scale) => {
      expect(await sameBytes(() => alone(scaled(scale, true)))).toBe(
        await sameBytes(() => alone(scaled(() => 1, false))),
      );
      expect(graphUse()?.issued.join()).toMatch(/looks at/);
    });

    it('are issued where a method of hidden state does not declare itself repeatable', async () => {
      const counting = (): Method => {
        let calls = 0;
        return scaled(() => (++calls > 8 ? 2 : 1), false);
      };
      await sameBytes(() => alone(counting()));
      expect(graphUse()?.issued.join()).toMatch(/does not declare itself repeatable/);
    });

    it('are issued while a number of the loss changes, and repeated between its changes at an epoch', async () => {
      const annealed = (): Method => {
        let factor = 1;
        const method = scaled(() => factor, true);
        return {
          ...method,
          async plan(context) {
            const plan = await method.plan(context);
            const startEpoch = (epoch: number): void => void (factor = 1 / (1 + epoch));
            return { ...plan, phases: plan.phases.map((phase) => ({ ...phase, startEpoch })) };
          },
        };
      };
      expect(await sameBytes(() => alone(annealed()))).toBeGreaterThan(0);
      const changing = (): Method => {
        let calls = 0;
        return scaled(() => ++calls, true);
      };
      await sameBytes(() => alone(changing()));
    });

    it('are issued where a layer is not one of tfjs’s own', async () => {
      const options = (): DistillOptions => {
        const student = tinyNetwork(2);
        const layer = student.model.layers[2] as unknown as { call: (...given: unknown[]) => unknown };
        const call = layer.call.bind(layer);
        layer.call = (...given) => call(...given);
        return alone(
          scaled(() => 1, true),
          { students: [createNetwork(student.model)] },
        );
      };
      await sameBytes(options);
      expect(graphUse()?.issued.join()).toMatch(/layers that may keep state/);
    });

    it('are repeated where the class of a layer says that it is repeatable, and issued for a subclass', async () => {
      class Halved extends layers.Layer {
        static readonly className: string = 'Halved';
        static readonly repeatable = true;
        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          return tf.mul(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, 0.5);
        }
      }
      class HalvedToo extends Halved {
        static override readonly className = 'HalvedToo';
      }
      const options = (layer: () => layers.Layer): DistillOptions => {
        const { model } = tinyNetwork(2);
        const outputs = layer().apply(model.outputs[0] as SymbolicTensor) as SymbolicTensor;
        return alone(
          scaled(() => 1, true),
          { students: [createNetwork(tfModel({ inputs: model.inputs, outputs }))] },
        );
      };
      // Optimizers repeat their part of a step with either.
      const ofSubclass = await sameBytes(() => options(() => new HalvedToo()));
      expect(await sameBytes(() => options(() => new Halved()))).toBeGreaterThan(ofSubclass);
    });

    it('say where a method that calls itself repeatable is not', async () => {
      process.env['DISTILLJS_REPEAT'] = 'check';
      try {
        let calls = 0;
        const error: unknown = await distill(alone(scaled(() => (++calls > 4 ? 2 : 1), true))).catch(
          (caught: unknown) => caught,
        );
        expect(isDistillError(error) && error.code).toBe('contract');
      } finally {
        delete process.env['DISTILLJS_REPEAT'];
      }
    });
  });
});
