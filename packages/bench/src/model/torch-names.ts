/*
 * The names that PyTorch libraries give to the modules whose weights the zoo's layers hold.
 */

/** A zoo layer's place, parsed from its name: `stage2_block1_conv1_group3_conv` is part `conv1` of a block (its third group). */
export interface LayerPlace {
  readonly stage: number;
  /** From 1; 0 outside of blocks. */
  readonly block: number;
  readonly part: string;
  /** Counted from 0 over the whole network. */
  readonly index: number;
  /** The next block, where there is one. */
  readonly next: { readonly stage: number; readonly block: number } | undefined;
}

/** The module names of one or more libraries. */
export interface Naming {
  readonly title: string;
  /** Modules of the layers outside of stages. */
  readonly outside: Readonly<Record<string, string>>;
  /** The module of a layer in a stage; undefined for a layer that such a network does not have. */
  readonly inside: (place: LayerPlace) => string | undefined;
}

type Parts = Readonly<Record<string, string>>;

/** `PREFIX.NAME` for a part that is listed. */
const listed = (prefix: string, parts: Parts, part: string): string | undefined =>
  Object.hasOwn(parts, part) ? `${prefix}.${parts[part] ?? ''}` : undefined;

/** Parts with the same name on both sides: `conv1`, `bn1`, … */
const alike = (...names: readonly string[]): Parts => Object.fromEntries(names.map((name) => [name, name]));

function residual(title: string, shortcut: string, classifier: string): Naming {
  const parts = {
    ...alike('conv1', 'bn1', 'conv2', 'bn2', 'conv3', 'bn3'),
    shortcut_conv: `${shortcut}.0`,
    shortcut_bn: `${shortcut}.1`,
  };
  return {
    title,
    outside: { stem_conv: 'conv1', stem_bn: 'bn1', classifier },
    inside: ({ stage, block, part }) => listed(`layer${stage}.${block - 1}`, parts, part),
  };
}

/** The batch norm after a block is stored as the first batch norm of the next block. */
function wideResidual(): Naming {
  const parts = { ...alike('conv1', 'bn2', 'conv2'), shortcut_conv: 'convShortcut' };
  return {
    title: 'RepDistiller',
    outside: { stem_conv: 'conv1', stem_bn: 'block1.layer.0.bn1', classifier: 'fc' },
    inside({ stage, block, part, next }) {
      if (part !== 'bn') return listed(`block${stage}.layer.${block - 1}`, parts, part);
      return next === undefined ? 'bn1' : `block${next.stage}.layer.${next.block - 1}.bn1`;
    },
  };
}

/** A VGG's convolution or batch norm, and its number within the stage. */
const VGG_PART = /^(conv|bn)(\d)$/;

const benchmarkVgg: Naming = {
  title: 'RepDistiller',
  outside: { classifier: 'classifier' },
  inside({ stage, part }) {
    const [, kind, number] = VGG_PART.exec(part) ?? [];
    // Convolution, batch norm, ReLU.
    return kind && `block${stage - 1}.${3 * (Number(number) - 1) + Number(kind === 'bn')}`;
  },
};

/** torchvision numbers layers across the stages, including the pooling after each. `index` counts convolutions here. */
const torchvisionVgg: Naming = {
  title: 'torchvision',
  outside: { hidden1: 'classifier.0', hidden2: 'classifier.3', classifier: 'classifier.6' },
  inside({ stage, part, index }) {
    const [, kind] = VGG_PART.exec(part) ?? [];
    return kind && `features.${3 * index + (stage - 1) + Number(kind === 'bn')}`;
  },
};

/** Which row of the paper's table a block of MobileNetV2 belongs to, and its place there. */
const ROW_OF_BLOCK = [1, 2, 3, 4, 3, 3, 1].flatMap((blocks, row) =>
  Array.from({ length: blocks }, (_, block) => ({ row, block })),
);

function invertedResiduals(
  title: string,
  outside: Parts,
  prefix: (index: number) => string,
  { narrow, wide }: { readonly narrow: Parts; readonly wide: Parts },
): Naming {
  return {
    title,
    outside,
    // Only the first block does not widen.
    inside: ({ index, part }) => listed(prefix(index), index === 0 ? narrow : wide, part),
  };
}

const ofRow = (index: number): string => {
  const { row, block } = ROW_OF_BLOCK[index] ?? { row: NaN, block: NaN };
  return `blocks.${row}.${block}`;
};

const torchvisionMobilenet = invertedResiduals(
  'torchvision',
  {
    ...{ stem_conv: 'features.0.0', stem_bn: 'features.0.1' },
    ...{ head_conv: 'features.18.0', head_bn: 'features.18.1', classifier: 'classifier.1' },
  },
  (index) => `features.${index + 1}.conv`,
  {
    narrow: { depthwise2: '0.0', bn2: '0.1', conv3: '1', bn3: '2' },
    wide: { conv1: '0.0', bn1: '0.1', depthwise2: '1.0', bn2: '1.1', conv3: '2', bn3: '3' },
  },
);
const timmMobilenet = invertedResiduals(
  'timm',
  {
    ...{ stem_conv: 'conv_stem', stem_bn: 'bn1', head_conv: 'conv_head', head_bn: 'bn2' },
    classifier: 'classifier',
  },
  ofRow,
  {
    narrow: { depthwise2: 'conv_dw', bn2: 'bn1', conv3: 'conv_pw', bn3: 'bn2' },
    wide: { conv1: 'conv_pw', depthwise2: 'conv_dw', conv3: 'conv_pwl', ...alike('bn1', 'bn2', 'bn3') },
  },
);
const BENCHMARK_BLOCK = { conv1: '0', bn1: '1', depthwise2: '3', bn2: '4', conv3: '6', bn3: '7' };
const benchmarkMobilenet = invertedResiduals(
  'RepDistiller',
  {
    ...{ stem_conv: 'conv1.0', stem_bn: 'conv1.1', head_conv: 'conv2.0', head_bn: 'conv2.1' },
    classifier: 'classifier.0',
  },
  (index) => `${ofRow(index)}.conv`,
  { narrow: BENCHMARK_BLOCK, wide: BENCHMARK_BLOCK },
);

const benchmarkShuffleV1: Naming = {
  title: 'RepDistiller',
  outside: { stem_conv: 'conv1', stem_bn: 'bn1', classifier: 'linear' },
  inside: ({ stage, block, part }) =>
    listed(
      `layer${stage}.${block - 1}`,
      { ...alike('conv1', 'bn1', 'bn2', 'conv3', 'bn3'), depthwise2: 'conv2' },
      part,
    ),
};

const torchvisionShuffleV2: Naming = {
  title: 'torchvision',
  outside: {
    ...{ stem_conv: 'conv1.0', stem_bn: 'conv1.1' },
    ...{ head_conv: 'conv5.0', head_bn: 'conv5.1', classifier: 'fc' },
  },
  inside({ stage, block, part }) {
    const [branch, rest] = [part.slice(0, 7), part.slice(8)];
    const parts = {
      branch1: { depthwise1: '0', bn1: '1', conv2: '2', bn2: '3' },
      branch2: { conv1: '0', bn1: '1', depthwise2: '3', bn2: '4', conv3: '5', bn3: '6' },
    }[branch];
    return parts && listed(`stage${stage + 1}.${block - 1}.${branch}`, parts, rest);
  },
};

const benchmarkShuffleV2: Naming = {
  title: 'RepDistiller',
  outside: {
    ...{ stem_conv: 'conv1', stem_bn: 'bn1' },
    ...{ head_conv: 'conv2', head_bn: 'bn2', classifier: 'linear' },
  },
  inside({ stage, block, part }) {
    const [, branch, kind, number] = /^branch([12])_(conv|depthwise|bn)(\d)$/.exec(part) ?? [];
    if (branch === undefined) return undefined;
    // A halving block numbers its layers across both branches.
    const at = Number(number) + (block === 1 && branch === '2' ? 2 : 0);
    return `layer${stage}.${block - 1}.${kind === 'bn' ? 'bn' : 'conv'}${at}`;
  },
};

/** Every naming. One fits a network if it has a module for each of the network's layers. */
export const namings: readonly Naming[] = [
  residual('torchvision, timm, RepDistiller', 'downsample', 'fc'),
  residual('RepDistiller', 'shortcut', 'linear'),
  wideResidual(),
  benchmarkVgg,
  torchvisionVgg,
  torchvisionMobilenet,
  timmMobilenet,
  benchmarkMobilenet,
  benchmarkShuffleV1,
  torchvisionShuffleV2,
  benchmarkShuffleV2,
];
