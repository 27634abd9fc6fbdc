import { DistillError } from '../error/index.js';
import type { NetworkNode, NetworkShape } from './contract.js';
import { expectNetwork } from './expect-network.js';

/** Layers and operations that change a map's size or values but learn nothing of the images. */
const NO_MAP =
  /^(?:ZeroPadding|Cropping|UpSampling|Dropout|SpatialDropout|GaussianNoise|Input|Rescaling|Resizing|CenterCrop|Pad|MirrorPad|Identity|Placeholder|Resize)/i;
const CONVOLUTION = /conv/i;

const areaOf = ({ shape: [height = 0, width = 0] }: NetworkNode): number => height * width;

/**
 * The ends of a network's stages, from front to back: of every size of feature maps the last one, after its activation where one
 * follows.
 *
 * Only maps count that everything later depends on through them: the end of a residual block, not a map within one that its shortcut
 * goes past. What comes before the first convolution, padded maps, and maps of one pixel are left out.
 *
 * @param nodes in an order in which they can run
 */
export function stageEnds(nodes: readonly NetworkNode[]): readonly NetworkNode[] {
  const first = Math.max(
    0,
    nodes.findIndex(({ op }) => CONVOLUTION.test(op)),
  );
  const passed = passedBy(nodes);
  const maps = nodes.filter(
    (node, at) =>
      at >= first &&
      node.shape.length === 3 &&
      node.shape.every((axis) => axis > 0) &&
      areaOf(node) > 1 &&
      !NO_MAP.test(node.op),
  );
  const cuts = maps.filter((node) => passed.has(node));
  const ends: NetworkNode[] = [];
  // From the back: each further end has a larger map than those behind it.
  for (const node of (cuts.length > 0 ? cuts : maps).toReversed())
    if (ends[0] === undefined || areaOf(node) > areaOf(ends[0])) ends.unshift(node);
  return ends;
}

/** The nodes that no connection goes past: whatever is computed later is computed from them. */
function passedBy(nodes: readonly NetworkNode[]): ReadonlySet<NetworkNode> {
  const place = new Map(nodes.map(({ name }, at) => [name, at]));
  /** Of each node the place of the last one that reads it. */
  const lastReader = nodes.map((_, at) => at);
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) {
      const from = place.get(input);
      if (from !== undefined) lastReader[from] = Math.max(lastReader[from] ?? 0, at);
    }
  });
  // The images themselves are no node.
  let reached = nodes.findLastIndex(({ inputs }) => inputs.length === 0);
  return new Set(
    nodes.filter((_, at) => {
      const isPassed = reached <= at;
      reached = Math.max(reached, lastReader[at] ?? at);
      return isPassed;
    }),
  );
}

const STAGE = /^stage(\d+)$/;

/**
 * Taps of a network where its stages end, from front to back: those that are called `stage1`, `stage2`, …; where there are none, the last
 * feature map of each size, by its layer's name.
 *
 * @returns empty where nothing is known of the network's inside, or no map has a fixed size
 * @throws DistillError code `option` for what is no network
 */
export function stageTaps(network: Pick<NetworkShape, 'tapNames' | 'nodes'>): readonly string[] {
  expectNetwork('stageTaps', network);
  const { tapNames, nodes } = network;
  const numberOf = (name: string): number => Number(STAGE.exec(name)?.[1]);
  const named = tapNames.filter((name) => STAGE.test(name));
  if (named.length > 0) return named.sort((one, other) => numberOf(one) - numberOf(other));
  return stageEnds(nodes?.() ?? []).map(({ name }) => name);
}

/**
 * The tap of an image's embedding: `embedding` where a network has one, else the last vector (or pooled map) before its logits.
 *
 * @returns undefined where nothing is known of the network's inside
 * @throws DistillError code `option` for what is no network
 */
export function embeddingTap(
  network: Pick<NetworkShape, 'tapNames' | 'nodes' | 'classes'>,
): string | undefined {
  expectNetwork('embeddingTap', network);
  const { tapNames, nodes, classes } = network;
  if (tapNames.includes('embedding')) return 'embedding';
  const all = nodes?.() ?? [];
  const last = all.findLastIndex(
    ({ op, shape }) => /dense|matmul|gemm/i.test(op) && shape.at(-1) === classes,
  );
  const [input] = all[last]?.inputs ?? [];
  return all.find(({ name }) => name === input)?.name;
}

/**
 * What to do where {@link stageTaps} finds too few maps, with the last names there are.
 *
 * @param side whose taps a configuration names
 */
export function tapsHint(
  network: Pick<NetworkShape, 'tapNames' | 'nodes'>,
  side: 'student' | 'teacher',
): string {
  expectNetwork('tapsHint', network);
  const { tapNames, nodes } = network;
  const maps = (nodes?.() ?? []).filter(({ shape }) => shape.length === 3).map(({ name }) => name);
  const names = maps.length > 0 ? maps : tapNames;
  const shown = names.slice(-8);
  const more = names.length > shown.length ? `, and ${names.length - shown.length} before` : '';
  const there = names.length === 0 ? 'It declares no taps.' : `Available: ${shown.join(', ')}${more}.`;
  return `Name feature maps from front to back, by ${side}.taps in a configuration, in code by createNetwork(model, { taps: { stage1: 'LAYER', … } }). ${there}`;
}

/**
 * What `auto` taps where a method compares stages with stages: the ends of the last n stages of both networks, n being the number
 * of stages of the one with fewer, so that the deepest maps are always compared.
 *
 * @param where the method, for messages
 * @throws DistillError code `tap` for a network without {@link stageTaps}
 */
export function stagePairs(
  where: string,
  networks: Readonly<Record<'student' | 'teacher', Pick<NetworkShape, 'name' | 'tapNames' | 'nodes'>>>,
): readonly (readonly [student: string, teacher: string])[] {
  const [students = [], teachers = []] = (['student', 'teacher'] as const).map((side) => {
    // Callers without types hand in anything.
    const given = networks as typeof networks | null | undefined;
    expectNetwork(`${where}.${side}`, given?.[side]);
    const stages = stageTaps(networks[side]);
    if (stages.length > 0) return stages;
    throw new DistillError({
      code: 'tap',
      where: `${where}.${side}Taps, network '${networks[side].name}'`,
      expected: "taps named 'stage1', 'stage2', …, or feature maps of a fixed size, for 'auto'",
      got: 'none',
      hint: tapsHint(networks[side], side),
    });
  });
  const count = Math.min(students.length, teachers.length);
  return students.slice(-count).map((tap, at) => [tap, teachers[teachers.length - count + at] ?? tap]);
}
