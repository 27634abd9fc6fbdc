import { DistillError } from '../error/index.js';
import type { NetworkNode, NetworkShape } from './contract.js';
import { expectNetwork } from './expect-network.js';

/** Layers and operations that change a map's size or values but extract no features. */
const NO_MAP =
  /^(?:ZeroPadding|Cropping|UpSampling|Dropout|SpatialDropout|GaussianNoise|Input|Rescaling|Resizing|CenterCrop|Pad|MirrorPad|Identity|Placeholder|Resize)/i;
const CONVOLUTION = /conv/i;

const areaOf = ({ shape: [height = 0, width = 0] }: NetworkNode): number => height * width;

/**
 * The outputs of a network's stages, from front to back: for each feature map size the last map, after its
 * activation if there is one.
 *
 * Only maps through which every path to the output passes count: the end of a residual block, not a map inside
 * it that the shortcut bypasses. Excluded are values before the first convolution, padded maps, and maps of one
 * pixel.
 *
 * @param nodes in an order in which they can be computed
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
  // From the back: each earlier stage has a larger map than the later ones.
  for (const node of (cuts.length > 0 ? cuts : maps).toReversed())
    if (ends[0] === undefined || areaOf(node) > areaOf(ends[0])) ends.unshift(node);
  return ends;
}

/** The nodes that no connection bypasses: everything computed later depends on them. */
function passedBy(nodes: readonly NetworkNode[]): ReadonlySet<NetworkNode> {
  const place = new Map(nodes.map(({ name }, at) => [name, at]));
  /** For each node, the position of its last reader. */
  const lastReader = nodes.map((_, at) => at);
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) {
      const from = place.get(input);
      if (from !== undefined) lastReader[from] = Math.max(lastReader[from] ?? 0, at);
    }
  });
  // The images themselves are not a node.
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
 * The taps at the ends of a network's stages, from front to back: those named `stage1`, `stage2`, …; if there
 * are none, the last feature map of each size, by layer name.
 *
 * @returns the tap names; empty if the network's inside is unknown, or no map has a fixed size
 * @throws DistillError code `option` for anything but a network
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
 * The tap of an image's embedding: `embedding` if the network has it, else the input of the last dense layer.
 *
 * @returns the tap name; undefined if there is no such layer, or the network's inside is unknown
 * @throws DistillError code `option` for anything but a network
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
 * A hint for a network in which {@link stageTaps} finds too few maps, with the last available names.
 *
 * @param side the network whose taps the hint names
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
 * The taps that `auto` means for a method that compares stages: the last n stages of both networks, where n is
 * the smaller number of stages. The deepest maps are thus always compared.
 *
 * @param where the method, for messages
 * @returns pairs of tap names, from front to back
 * @throws DistillError code `tap` for a network without {@link stageTaps}
 */
export function stagePairs(
  where: string,
  networks: Readonly<Record<'student' | 'teacher', Pick<NetworkShape, 'name' | 'tapNames' | 'nodes'>>>,
): readonly (readonly [student: string, teacher: string])[] {
  const [students = [], teachers = []] = (['student', 'teacher'] as const).map((side) => {
    // Untyped callers may pass anything.
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
