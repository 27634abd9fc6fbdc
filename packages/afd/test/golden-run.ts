import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { arrayDataset, createNetwork, distill, sgd } from '@distilljs/core';
import type { Dataset, EpochReport, Method, NamedVariables, Network, Plan } from '@distilljs/core';
import { networkEntries, tensor } from './golden.js';
import type { Packed, PackedNetwork } from './golden.js';

/** The file's network: 3×3 convolution and ReLU (the map), average, dense. */
export function goldenNetwork(packed: PackedNetwork): Network {
  const input = layers.input({ shape: [6, 6, 2] });
  const convolution = {
    filters: packed.b.data.length,
    kernelSize: 3,
    activation: 'relu',
    name: 'map',
  } as const;
  const map = layers.layers.conv2d(convolution).apply(input);
  const pooled = layers.layers
    .globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' })
    .apply(map);
  const logits = layers.layers.dense({ units: packed.c.data.length, name: 'logits' }).apply(pooled);
  const network = createNetwork(layers.model({ inputs: input, outputs: logits as layers.SymbolicTensor }), {
    taps: { stage3: 'map' },
  });
  assign(network.variables, networkEntries(packed));
  return network;
}

/** Puts the file's values into variables of the same names. */
export function assign(variables: NamedVariables, entries: Readonly<Record<string, Packed>>): void {
  for (const [name, packed] of Object.entries(entries)) {
    tf.tidy(() => variables[name]?.assign(tensor(packed)));
  }
}

/** The file's four images, as they are: pixel 255 is 1. */
export function goldenDataset({ data }: Packed, labels: readonly number[], classes: number): Dataset {
  const images = Float32Array.from(data, (value) => 255 * value);
  return arrayDataset({ images, labels, imageShape: [6, 6, 2], classes });
}

/** A method whose plan starts from given weights, and may be changed before it runs. */
export function prepared(method: Method, change: (plan: Plan) => Plan | undefined): Method {
  return {
    ...method,
    plan: async (context) => {
      const plan = await method.plan(context);
      return change(plan) ?? plan;
    },
  };
}

/** What is looked at after each iteration: weights by name, copied. */
export type Weights = Readonly<Record<string, readonly number[]>>;

export interface GoldenRun {
  readonly networks: readonly Network[];
  readonly teacher?: Network | undefined;
  readonly method: Method;
  /** Weights that the method's own variables start from. */
  readonly auxiliary: Readonly<Record<string, Packed>>;
  readonly data: Dataset;
  readonly iterations: number;
}

/** Runs some iterations of one batch each by the file's optimizer; gives weights and terms after each. */
export async function runIterations(
  run: GoldenRun,
): Promise<readonly { readonly weights: Weights; readonly terms: EpochReport['terms'] }[]> {
  const seen: { weights: Weights; terms: EpochReport['terms'] }[] = [];
  let auxiliary: NamedVariables = {};
  const method = prepared(run.method, (plan) => {
    auxiliary = plan.auxiliary;
    assign(auxiliary, run.auxiliary);
    return undefined;
  });
  const look = {
    name: 'look',
    epoch: ({ terms }: EpochReport) => {
      const all = run.networks.flatMap(({ variables }, index) =>
        Object.entries(variables).map(([name, value]) => [`network${index + 1}/${name}`, value] as const),
      );
      const weights = [...all, ...Object.entries(auxiliary)].map(
        ([name, variable]) => [name, Array.from(variable.dataSync())] as const,
      );
      seen.push({ weights: Object.fromEntries(weights), terms });
    },
  };
  const result = await distill({
    students: run.networks,
    teacher: run.teacher,
    method,
    train: run.data,
    epochs: run.iterations,
    batchSize: run.data.size,
    seed: 1,
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 }),
    normalization: { mean: [0, 0], std: [1, 1] },
    callbacks: [look],
  });
  result.dispose();
  return seen;
}
