import { DistillError } from '../error/index.js';
import type { NetworkShape } from './contract.js';

const STAGE = /^stage(\d+)$/;

/** The taps `stage1`, `stage2`, … of a network, by number; none where it names no stages. */
export function stageTaps({ tapNames }: Pick<NetworkShape, 'tapNames'>): readonly string[] {
  const numberOf = (name: string): number => Number(STAGE.exec(name)?.[1]);
  return tapNames.filter((name) => STAGE.test(name)).sort((one, other) => numberOf(one) - numberOf(other));
}

/**
 * What `auto` taps where a method compares stages with stages: the ends of the last n stages of both networks, n being the number
 * of stages of the one with fewer, so that the deepest maps are always compared.
 *
 * @param where the method, for messages
 * @throws DistillError code `tap` for a network without taps named `stage1`, `stage2`, …
 */
export function stagePairs(
  where: string,
  networks: Readonly<Record<'student' | 'teacher', Pick<NetworkShape, 'name' | 'tapNames'>>>,
): readonly (readonly [student: string, teacher: string])[] {
  const [students = [], teachers = []] = (['student', 'teacher'] as const).map((side) => {
    const stages = stageTaps(networks[side]);
    if (stages.length > 0) return stages;
    throw new DistillError({
      code: 'tap',
      where: `${where}.${side}Taps, network '${networks[side].name}'`,
      expected: "taps named 'stage1', 'stage2', … for 'auto'",
      got: 'none',
      hint: "Name feature maps in the method's options, or in the network: createNetwork(model, { taps: { stage1: 'LAYER', … } }).",
    });
  });
  const count = Math.min(students.length, teachers.length);
  return students.slice(-count).map((tap, at) => [tap, teachers[teachers.length - count + at] ?? tap]);
}
