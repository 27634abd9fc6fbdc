import {
  DistillError,
  eitherOf,
  expectOption,
  listOf,
  nearestNameHint,
  oneOf,
  stageTaps,
  tapsHint,
  text,
} from '@distilljs/core';
import type { NetworkNode, NetworkShape } from '@distilljs/core';

/** A network family with a known list of stage taps. */
export type NetworkFamily =
  'plain' | 'resnet' | 'wrn' | 'mobilenet' | 'vgg' | 'resnet-imagenet' | 'mobilenetv2' | 'shufflenet';

/** Tap names, a family whose taps to use, or `auto`: the ends of the stages; see {@link tapsOf}. */
export type TapChoice = 'auto' | NetworkFamily | readonly string[];

const THREE_STAGES = Object.freeze(['stage1', 'stage2', 'stage3']);
const FOUR_STAGES = Object.freeze([...THREE_STAGES, 'stage4']);

const POINTS: Readonly<Record<NetworkFamily, readonly string[]>> = {
  plain: THREE_STAGES,
  resnet: THREE_STAGES,
  wrn: THREE_STAGES,
  mobilenet: THREE_STAGES,
  vgg: Object.freeze(['stage1_pool', 'stage2_pool', 'stage3_pool', 'stage4', 'stage5']),
  'resnet-imagenet': FOUR_STAGES,
  mobilenetv2: Object.freeze([...FOUR_STAGES, 'stage5']),
  shufflenet: THREE_STAGES,
};

/** Names of all families. */
export const families: readonly string[] = Object.keys(POINTS);

/**
 * Tap names of a family, from front to back, as in the bench's zoo: the ends of its stages after ReLU.
 *
 * - `plain`, `resnet`, `wrn`, `mobilenet`: three stages, two modules. `wrn` is pre-activation: its stages end at the
 *   batch norm and ReLU that open the next stage, and at the final ones. For the modified VGG of the paper's
 *   cross-architecture table use `resnet`.
 * - `vgg` (VGG16, VGG7): five stages, four modules. Each tap follows its stage's pooling where the zoo's network for
 *   32×32 images has one. For larger images name the taps yourself.
 * - `resnet-imagenet` (resnet18, 34, 50): four stages; `mobilenetv2`: five, each with one size at 224 pixels, ending in
 *   linear bottlenecks; `shufflenet` (V1, V2): three. None of them is in the paper.
 *
 * Give your own network these names with `createNetwork(model, { taps: { stage1: 'layer', … } })`.
 *
 * @see Lee and Song, BMVC 2019, the architecture figure. Certainty: only the authors' code states which layers within a
 *   stage, and only for its residual networks; for VGG and MobileNet it is inferred. Their VGG also pools after its
 *   fifth stage, before dense layers that the zoo's VGG lacks
 * @throws DistillError code `option` for an unknown family
 */
export function sensingPoints(family: NetworkFamily): readonly string[] {
  expectOption('sensingPoints', family, text);
  if (families.includes(family)) return POINTS[family];
  throw new DistillError({
    code: 'option',
    where: 'sensingPoints',
    expected: `one of ${families.map((name) => `'${name}'`).join(', ')}`,
    got: `'${family}'`,
    hint: nearestNameHint(family, families),
  });
}

/**
 * The taps of student and teacher. `auto` takes the ends of a network's last n stages, so the deepest maps are always
 * compared. With `auto` on both sides, n is the stage count of the network with fewer stages; with `auto` on one side,
 * n is at most the number of taps on the other. Stages are core's `stageTaps`: the taps named `stage1`, …, else the
 * last feature map of each size.
 *
 * @param where the method, for messages
 * @throws DistillError code `tap` where `auto` finds fewer than two stages
 */
export function tapsOf(
  where: string,
  networks: Readonly<Record<'student' | 'teacher', Pick<NetworkShape, 'name' | 'tapNames' | 'nodes'>>>,
  choices: Readonly<Record<'student' | 'teacher', TapChoice>>,
): Readonly<Record<'student' | 'teacher', readonly string[]>> {
  const sides = ['student', 'teacher'] as const;
  const found = sides.map((side) => {
    const choice = choices[side];
    if (choice !== 'auto') return typeof choice === 'string' ? sensingPoints(choice) : choice;
    const stages = stageTaps(networks[side]);
    if (stages.length > 1) return stages;
    throw new DistillError({
      code: 'tap',
      where: `${where}.${side}Taps, network '${networks[side].name}'`,
      expected: "taps named 'stage1', 'stage2', …, or feature maps of two sizes, for 'auto'",
      got: stages.length === 0 ? 'none' : `'${stages.join()}' alone`,
      hint: tapsHint(networks[side], side),
    });
  });
  const fewest = Math.min(...found.map((taps) => taps.length));
  const [student = [], teacher = []] = found.map((taps, at) =>
    choices[sides[at] ?? 'student'] === 'auto' ? taps.slice(-fewest) : taps,
  );
  return { student, teacher };
}

/**
 * Checks that a module's back follows its front. Maps of parallel branches may come in any order, and in a network whose
 * inside is unknown only a repeated map is found.
 *
 * @param where the option, e.g. `mhgd.studentTaps`
 * @param taps existing ones
 * @throws DistillError code `option` for a map that is listed twice, or before one that it is computed from
 */
export function expectFrontToBack(where: string, network: NetworkShape, taps: readonly string[]): void {
  const nodes = new Map((network.nodes?.() ?? []).map((node) => [node.name, node]));
  // A tap may be an alias of its node.
  const named = network.tapNames.filter((name) => nodes.has(name));
  const nodeOf = new Map(named.map((name) => [network.tapOutput(name), name]));
  const refuse = (got: string, hint: string): never => {
    throw new DistillError({
      code: 'option',
      where: `${where}, network '${network.name}'`,
      expected: 'feature maps from front to back, each once',
      got,
      hint,
    });
  };
  for (const [at, tap] of taps.entries()) {
    const map = network.tapOutput(tap);
    const sources = sourcesOf(nodeOf.get(map), nodes);
    for (const other of taps.slice(at + 1)) {
      const later = network.tapOutput(other);
      if (later === map) refuse(`'${other}' again`, 'Name each map once, in the lists of both networks.');
      if (sources.has(nodeOf.get(later) ?? ''))
        refuse(
          `'${tap}' before '${other}', from which it is computed`,
          "List each network's maps in the order in which they are computed: those at the same place are compared.",
        );
    }
  }
}

/** Names of the nodes that a node is computed from. */
function sourcesOf(node: string | undefined, nodes: ReadonlyMap<string, NetworkNode>): ReadonlySet<string> {
  const inputsOf = (name: string): readonly string[] => nodes.get(name)?.inputs ?? [];
  const sources = new Set(node === undefined ? [] : inputsOf(node));
  // The loop also visits what is added within it.
  for (const name of sources) for (const input of inputsOf(name)) sources.add(input);
  return sources;
}

/** Checks for the options that name taps. */
export const tapChecks = {
  studentTaps: eitherOf(oneOf(...families, 'auto'), listOf(text)),
  teacherTaps: eitherOf(oneOf(...families, 'auto'), listOf(text)),
} as const;
