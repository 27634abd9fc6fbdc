import {
  DistillError,
  expectOption,
  mapShape,
  NO_COST,
  stageTaps,
  tapsHint,
  wholeNumber,
} from '@distilljs/core';
import type {
  AuxiliaryCost,
  FeatureMap,
  MapShape,
  NamedVariables,
  NetworkShape,
  PlanContext,
  Step,
} from '@distilljs/core';
import type { Peers } from './options.js';
import { commonShape, createTransfer, transfer } from './transfer.js';
import type { Transfer } from './transfer.js';

/**
 * The index of the network that teaches network `network` in the cycle, both counted from 0: the previous network, or
 * the last one for the first. With two networks each teaches the other.
 *
 * @throws DistillError code `option`
 * @see arXiv 2002.01775, figure of the cyclic scheme
 */
export function teacherOf(network: number, networks: number): number {
  expectOption('teacherOf(networks)', networks, wholeNumber({ min: 2 }));
  expectOption('teacherOf(network)', network, wholeNumber({ min: 0, max: networks - 1 }));
  return (network - 1 + networks) % networks;
}

/** Indices of the networks whose predictions network `network` learns from, counted from 0. */
export function peersOf(network: number, networks: number, peers: Peers): readonly number[] {
  if (peers === 'cycle') return [teacherOf(network, networks)];
  return Array.from({ length: networks }, (_, other) => other).filter((other) => other !== network);
}

/**
 * Throws unless the run has as many students as the method has networks.
 *
 * @throws DistillError code `option`
 */
export function expectCohort(method: string, networks: number, { students }: PlanContext): void {
  const given = students.length;
  if (given === networks) return;
  throw new DistillError({
    code: 'option',
    where: `method '${method}', students`,
    expected: `${networks} networks, as the option networks says`,
    got: String(given),
    hint: `Pass ${networks} students to distill()${given < 2 ? '' : `, or set networks: ${given}`}.`,
  });
}

/**
 * Variables of several owners as one group, under names such as `network1/conv/kernel`. SGD and Adam treat every
 * element independently, so one optimizer over the group equals one per owner.
 *
 * @param owner what they belong to, e.g. `network`
 */
export function joinVariables(owner: string, groups: readonly NamedVariables[]): NamedVariables {
  return Object.fromEntries(
    groups.flatMap((variables, index) =>
      Object.entries(variables).map(([name, variable]) => [`${owner}${index + 1}/${name}`, variable]),
    ),
  );
}

/** All weights of the cohort. */
export function cohortVariables({ students }: PlanContext): NamedVariables {
  return joinVariables(
    'network',
    students.map((student) => student.variables),
  );
}

/** The cost of training the cohort beyond its first network: the other networks and all transfer layers. */
export function cohortCost({ students }: PlanContext, transfers: readonly Transfer[] = []): AuxiliaryCost {
  const added = [...students.slice(1), ...transfers];
  return {
    ...NO_COST,
    trainParameters: added.reduce((sum, each) => sum + each.parameters, 0),
    trainMacs: added.reduce((sum, each) => sum + each.macs, 0),
  };
}

/**
 * The tap that an option names. `auto` is the network's last stage, unless the network has a tap of that name.
 *
 * @throws DistillError code `tap` where no stage is known
 */
export function tapOf(
  where: string,
  network: NetworkShape,
  tap: string,
  side: 'student' | 'teacher',
): string {
  if (tap !== 'auto' || network.tapNames.includes(tap)) return tap;
  const last = stageTaps(network).at(-1);
  if (last !== undefined) return last;
  throw new DistillError({
    code: 'tap',
    where: `${where} '${network.name}'`,
    expected: "a tap named 'stage1', 'stage2', …, or a feature map of a fixed size, for 'auto'",
    got: 'none',
    hint: tapsHint(network, side),
  });
}

/** The taps of a cohort's feature maps, and their shapes. */
export interface CohortTaps {
  /** Per network. */
  readonly taps: readonly string[];
  /** Per network, as tapped. */
  readonly shapes: readonly MapShape[];
  /** The common shape. */
  readonly shape: MapShape;
  /** Whether any map's channel count differs from {@link shape}; then every network gets a trained transfer layer. */
  readonly transferred: boolean;
}

/**
 * Checks the taps of a cohort; creates no variables.
 *
 * @throws DistillError codes `option`, `tap`, `shape`
 */
export function cohortTaps(
  method: string,
  { students, batchSize }: PlanContext,
  { tap, commonWidth }: { readonly tap: string | readonly string[]; readonly commonWidth: number | 'auto' },
): CohortTaps {
  const named = typeof tap === 'string' ? students.map(() => tap) : tap;
  const taps = named.map((name, index) => {
    const student = students[index];
    return student === undefined
      ? name
      : tapOf(`method '${method}', students[${index}]`, student, name, 'student');
  });
  if (taps.length !== students.length) {
    throw new DistillError({
      code: 'option',
      where: `method '${method}', tap`,
      expected: `one name for all, or ${students.length}, one per network`,
      got: String(taps.length),
    });
  }
  const maps = students.map((student, index) => {
    const [where, name] = [`method '${method}', students[${index}]`, taps[index] ?? ''];
    return { shape: mapShape(where, student, name) };
  });
  const shapes = maps.map(({ shape }) => shape);
  const shape = commonShape(maps, commonWidth);
  const transferred = shapes.some((own) => own[2] !== shape[2]);
  if (transferred) expectNormalizable(method, batchSize, shape, 'the maps are 1×1');
  return { taps, shapes, shape, transferred };
}

/**
 * Throws where a batch norm would see a single value per channel, which it always normalizes to 0.
 *
 * @param because reason for the minimum batch size, for the message
 * @throws DistillError code `option`
 */
export function expectNormalizable(
  method: string,
  batchSize: number,
  [height, width]: readonly number[],
  because: string,
): void {
  if (batchSize * (height ?? 1) * (width ?? 1) > 1) return;
  throw new DistillError({
    code: 'option',
    where: `method '${method}', batchSize`,
    expected: `at least 2, as ${because}`,
    got: String(batchSize),
    hint: 'With one value per channel, batch norm makes all maps equal. Raise batchSize, or tap a larger map.',
  });
}

/** The feature maps of a cohort, in one shape. */
export interface CohortMaps {
  /** Per network. */
  readonly transfers: readonly Transfer[];
  /** Variables of all transfer layers; empty where none is trained. */
  readonly variables: NamedVariables;
  /** Every network's map in a step, through its transfer layer. */
  readonly read: (step: Step) => readonly FeatureMap[];
}

/**
 * Creates the transfer layers. Where widths differ, every network gets a trained one, so that all discriminators see
 * maps of the same kind. The caller disposes their variables.
 */
export function cohortMaps(
  { random }: PlanContext,
  { taps, shapes, shape, transferred }: CohortTaps,
): CohortMaps {
  const transfers = shapes.map((own, index) =>
    createTransfer(own, shape, transferred, random.fork(`transfer${index + 1}`)),
  );
  return {
    transfers,
    variables: joinVariables(
      'transfer',
      transfers.map(({ variables }) => variables),
    ),
    read: (step) =>
      step.students.map((student, index) =>
        transfer(student.tap(taps[index] ?? '') as FeatureMap, transfers[index] as Transfer),
      ),
  };
}
