import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, onOneTape, stopGradient, withoutTape } from '@distilljs/core';
import type { Images, Network, NetworkOutput, Probabilities, Scalar } from '@distilljs/core';
import { testEngines, tinyNetwork } from '@distilljs/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { someImages } from '../network/small-models.js';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

const losses: readonly ((output: NetworkOutput) => Scalar)[] = [
  ({ logits }) => crossEntropy(tf.cast(tf.oneHot([0, 1, 2, 0], 3), 'float32') as Probabilities, logits),
  (output) => tf.mean(tf.square(output.tap('stage2'))),
  // A sum of both: what was computed for one gradient serves another.
  (output) => tf.add(tf.mean(tf.abs(output.tap('stage1'))), tf.mean(tf.square(output.logits))),
];

describeOn(await testEngines(), 'several gradients of one forward pass', () => {
  let network: Network;
  let images: Images;
  beforeAll(() => {
    network = tinyNetwork(1);
    images = someImages(4);
  });
  afterAll(() => {
    network.dispose();
    images.dispose();
  });
  const forward = (): NetworkOutput =>
    network.forward(images, { training: true, moveStatistics: false, taps: ['stage1', 'stage2'] });
  const variables = (): tf.Variable[] => Object.values(network.variables);

  const separately = (loss: (output: NetworkOutput) => Scalar): (tf.Tensor | undefined)[] => {
    // variableGrads gives null for a variable that the loss does not reach.
    const { grads } = tf.variableGrads(() => loss(forward()), variables());
    return variables().map((variable) => (grads[variable.name] as tf.Tensor | null) ?? undefined);
  };

  it('equal those of separate passes', () => {
    tf.tidy(() => {
      const together = onOneTape(forward, (output, gradientOf) =>
        losses.map((loss) => gradientOf(() => loss(output), variables())),
      );
      losses.forEach((loss, index) => {
        separately(loss).forEach((expected, at) => {
          const found = together[index]?.[at];
          expect(found === undefined).toBe(expected === undefined);
          if (found !== undefined && expected !== undefined)
            expectClose(found, expected, 1e-6, `loss ${index}, variable ${at}`);
        });
      });
    });
  });

  it.each<[string, (logits: tf.Tensor) => tf.Tensor]>([
    ['argMax', (logits) => tf.argMax(logits, 1)],
    ['round', (logits) => tf.round(logits)],
    ['oneHot', (logits) => tf.oneHot(tf.argMax<tf.Tensor1D>(logits, 1), 3)],
    ['greaterEqual', (logits) => tf.greaterEqual(logits, 0)],
    ['comparisons', (logits) => tf.logicalAnd(tf.greater(logits, 0), tf.notEqual(logits, 1))],
  ])('are undefined for what a loss reaches through %s alone, not through it and beside it', (_, hard) => {
    tf.tidy(() => {
      const hardened = ({ logits }: NetworkOutput): Scalar => tf.mean(tf.cast(hard(logits), 'float32'));
      const [alone, beside] = onOneTape(
        () => {
          const output = forward();
          const alone = hardened(output);
          return [alone, tf.mul<Scalar>(alone, tf.mean(output.logits))] as const;
        },
        (values, gradientOf) =>
          values.map((value) => gradientOf(() => value, [network.variables['logits/kernel'] as tf.Variable])),
      );
      expect(alone).toEqual([undefined]);
      expect(beside?.[0]?.shape).toEqual(network.variables['logits/kernel']?.shape);
    });
  });

  it('are undefined for what a loss does not reach', () => {
    tf.tidy(() => {
      const [gradient] = onOneTape(forward, (output, gradientOf) =>
        gradientOf(() => tf.mean(output.tap('stage1')), [network.variables['logits/kernel'] as tf.Variable]),
      );
      expect(gradient).toBeUndefined();
    });
  });

  it('leave nothing behind, also when something throws', () => {
    const once = (): void => {
      tf.tidy(
        () =>
          void onOneTape(forward, (output, gradientOf) =>
            losses.map((loss) => gradientOf(() => loss(output), variables())),
          ),
      );
    };
    once();
    const before = tf.memory();
    once();
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    for (const broken of [
      () =>
        onOneTape(
          () => {
            throw new Error('in forward');
          },
          () => 0,
        ),
      () =>
        onOneTape(forward, () => {
          throw new Error('in use');
        }),
      () =>
        onOneTape(forward, (_, gradientOf) =>
          gradientOf(() => {
            throw new Error('in a loss');
          }, variables()),
        ),
    ]) {
      expect(() => {
        tf.tidy(() => void broken());
      }).toThrow(/^in /);
    }
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    // The tape is closed: an ordinary gradient works.
    tf.tidy(() => {
      expectClose(tf.grad((x) => tf.square(x))(tf.scalar(3)), [6], 1e-6);
    });
  });

  it('cost one forward pass', () => {
    let passes = 0;
    tf.tidy(() => {
      const counted = (): NetworkOutput => {
        passes += 1;
        return forward();
      };
      onOneTape(counted, (output, gradientOf) => {
        losses.forEach((loss) => gradientOf(() => loss(output), variables()));
      });
    });
    expect(passes).toBe(1);
  });

  it('have order one more: a gradient of what use computes is not recorded', () => {
    tf.tidy(() => {
      const x = tf.variable(tf.scalar(3));
      const [outside] = onOneTape(
        () => tf.square(x) as Scalar,
        (square, gradientOf) => {
          const doubled = tf.mul<Scalar>(square, 2);
          return gradientOf(() => doubled, [x]);
        },
      );
      expect(outside).toBeUndefined();
      x.dispose();
    });
  });
});

describeOn(await testEngines(), 'constants', () => {
  it('stopGradient keeps the values and stops the gradient', () => {
    tf.tidy(() => {
      // d/dx x · stop(x) = stop(x)
      expectClose(tf.grad((x) => tf.mul(x, stopGradient(x)))(tf.scalar(3)), [3], 1e-6);
      expectClose(stopGradient(tf.tensor1d([1, 2])), [1, 2], 0);
    });
  });

  it('withoutTape makes a constant of all that it computes, also when it throws', () => {
    tf.tidy(() => {
      // d/dx (x² + constant x³) = 2x
      expectClose(
        tf.grad((x) =>
          tf.add(
            tf.square(x),
            withoutTape(() => tf.pow(x, 3)),
          ),
        )(tf.scalar(2)),
        [4],
        1e-6,
      );
      const gradient = tf.grad((x) => {
        expect(() =>
          withoutTape(() => {
            throw new Error('inside');
          }),
        ).toThrow('inside');
        return tf.square(x);
      });
      expectClose(gradient(tf.scalar(2)), [4], 1e-6);
    });
  });
});
