import { embeddingTap, stageTaps } from '@distilljs/core';
import type { FrozenNetwork, NetworkOutput, NetworkShape } from '@distilljs/core';

type Aliases = Readonly<Record<string, string>>;

/** A network with a tap `embedding`, where one is known: the named one, else the input of its last dense layer. */
export function withEmbedding<Made extends NetworkShape>(taps: Aliases, make: (taps: Aliases) => Made): Made {
  const made = make(taps);
  const embedding = embeddingTap(made);
  // Making it twice is cheap: a network is only a view of its model.
  return embedding === undefined || made.tapNames.includes('embedding') ? made : make({ ...taps, embedding });
}

/** A frozen network with further tap names, `embedding` among them where one is known. */
export function withTaps(network: FrozenNetwork, taps: Aliases = {}): FrozenNetwork {
  const embedding = embeddingTap(network);
  const all: Aliases = {
    ...(embedding !== undefined && embedding !== 'embedding' && { embedding }),
    ...taps,
  };
  const own = (tap: string): string => (network.tapNames.includes(tap) ? tap : (all[tap] ?? tap));
  const renamed = (output: NetworkOutput): NetworkOutput => ({
    logits: output.logits,
    tap: (name) => output.tap(own(name)),
  });
  const { ask } = network;
  return {
    ...network,
    tapNames: [...new Set([...Object.keys(all), ...network.tapNames])],
    tapShape: (tap) => network.tapShape(own(tap)),
    tapOutput: (tap) => network.tapOutput(own(tap)),
    forward: (images, wanted = []) => renamed(network.forward(images, wanted.map(own))),
    ...(ask !== undefined && {
      async ask(images, wanted = []) {
        const answer = await ask(images, wanted.map(own));
        return { ...renamed(answer), dispose: answer.dispose };
      },
    }),
  };
}

/** Automatically chosen feature maps, front to back, of a network whose taps are not called `stage1`, `stage2`, … */
export function automaticStages(network: NetworkShape): readonly string[] {
  const stages = stageTaps(network);
  return stages.every((name) => /^stage\d+$/.test(name)) ? [] : stages;
}

/** @param whose the network's name in a configuration: `teacher` or `student` */
export function stagesText(network: NetworkShape, whose: 'teacher' | 'student'): readonly string[] {
  const stages = automaticStages(network).map((name) => `${name} (${network.tapShape(name).join('×')})`);
  if (stages.length === 0) return [];
  return [
    `Feature maps of the ${whose}, for methods that compare them: ${stages.join(', ')}. Name others by ${whose}.taps: { stage1: LAYER, … }.`,
  ];
}
