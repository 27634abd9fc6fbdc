import { asNetwork, checkOptions, expectModel, expectOption, objectWith, optional } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { vamLayers } from '../convolution/index.js';
import { readExperts } from '../hme/index.js';
import { attentionStatistics, checkView, viewChecks, viewDefaults } from './attention-statistics.js';
import type { AttentionStatistics, AttentionView } from './attention-statistics.js';
import { attentionFlow, classSimilarity, neuralTree } from './neural-tree.js';
import type { ClassSimilarity, NeuralTree } from './neural-tree.js';
import type { Matrix } from './matrix.js';
import { subtaskConflict } from './subtask-conflict.js';
import type { Conflict, ConflictBatch, ConflictTarget } from './subtask-conflict.js';

/** What a hierarchical mixture of experts has learned about its classes, as plain data. */
export interface Explanation {
  /** Statistics per level, from the images to the classes. */
  readonly levels: readonly AttentionStatistics[];
  /** Mean over levels of the mean entropy, in nats. */
  readonly entropy: number;
  readonly tree: NeuralTree;
  /** `[class][expert of the first level]`, rows sum to 1. */
  readonly flow: Matrix;
  /** By attention to the last experts. */
  readonly similarity: ClassSimilarity;
  /** By kind of target; left out without a batch. */
  readonly conflict?: Partial<Readonly<Record<ConflictTarget, Conflict>>> | undefined;
}

/** View settings, and the batch to measure conflict on. */
export interface ExplainOptions extends AttentionView {
  readonly batch?: ConflictBatch | undefined;
}

/**
 * Explains a student that `kdExplainer` trained: entropy per child at one fixed temperature, the tree with its class
 * groups, flow and similarity of classes. With a batch, it also measures the conflict between subtasks.
 *
 * Entropies at different temperatures are not comparable.
 *
 * @throws DistillError code `network` when the network is not a mixture of experts, `option` for options that do not
 *   exist or are out of range
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: entropy and tree come from a secondary source; flow, similarity
 *   and conflict are proposed.
 */
export async function explain(network: Network, options: ExplainOptions = {}): Promise<Explanation> {
  const { batch, ...view } = checkOptions<typeof viewDefaults & Pick<ExplainOptions, 'batch'>>(
    'explain',
    options as Partial<typeof viewDefaults>,
    { ...viewDefaults, batch: undefined },
    { ...viewChecks, batch: optional(objectWith('images', 'labels')) },
  );
  const { levels } = readExperts(asNetwork(network, 'explain(network)').model);
  const thetas = await Promise.all(levels.map(({ theta }) => theta.array()));
  const statistics = levels.map(({ name }, at) => attentionStatistics(name, thetas[at] ?? [], view));
  const attention = statistics.map((level) => level.attention);
  return {
    levels: statistics,
    entropy: statistics.reduce((sum, { entropy }) => sum + entropy.mean, 0) / statistics.length,
    tree: neuralTree(thetas),
    flow: attentionFlow(attention),
    similarity: classSimilarity(attention.at(-1) ?? []),
    ...(batch !== undefined && { conflict: await subtaskConflict(network, batch) }),
  };
}

/**
 * Attention statistics of every layer that `withVam` converted, at the layer's learned temperature. For folded layers
 * it gives the attention from which they were folded.
 *
 * @throws DistillError code `option`
 */
export async function explainVam(
  network: Pick<Network, 'model'>,
  given: Pick<AttentionView, 'threshold'> = {},
): Promise<readonly AttentionStatistics[]> {
  const view = checkView('explainVam', given);
  expectOption('explainVam(network)', network, objectWith('model'));
  const { model } = network;
  expectModel(model, 'explainVam(network).model');
  return Promise.all(
    vamLayers(model).map(async ({ path, layer }) => {
      const tau = layer.temperature();
      const [temperature = 1] = await tau.data();
      tau.dispose();
      return attentionStatistics(path, await layer.theta.array(), { ...view, temperature });
    }),
  );
}
