import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { DistillError, nearestNameHint } from '../error/index.js';
import { expectOption, objectWith } from '../option/index.js';
import type { Images, Logits } from '../tensor/index.js';
import { ownedOutput } from './ask-teacher.js';
import type { FrozenNetwork, NetworkOutput } from './contract.js';
import { expectNetwork } from './expect-network.js';
import { networkOutput } from './taps.js';

/** Data whose classes may have names. */
interface NamedClasses {
  readonly name: string;
  readonly classes: number;
  readonly classNames?: readonly string[] | undefined;
}

/**
 * Gives a teacher the logits of the data's classes, in the data's order, matched by name. If the teacher has
 * more classes (e.g. ImageNet's 1,000 for a dataset of five), the other logits are dropped: its probabilities
 * are then a softmax over the data's classes.
 *
 * Names match if they are equal, else if they are equal up to case, spaces, `_`, `-` and how Unicode composes letters, else if one of the
 * synonyms in the teacher's name (`tench, Tinca tinca`) matches.
 *
 * @returns the teacher itself if nothing changes, or if either side has no names
 * @throws DistillError code `shape`, listing the data's classes that the teacher lacks (the first 20) or has
 *   ambiguously, or if the teacher has not one name per logit
 */
export function matchClasses(teacher: FrozenNetwork, data: NamedClasses): FrozenNetwork {
  expectNetwork('matchClasses, teacher', teacher);
  expectOption('matchClasses, data', data, objectWith('name', 'classes'));
  const positions = classPositions(teacher, data);
  return positions === undefined ? teacher : withLogits(teacher, positions, data.classNames ?? []);
}

/**
 * The position of each of the data's classes among the teacher's; undefined if the order is the same, or if either side
 * has no names.
 *
 * @throws DistillError code `shape`, as {@link matchClasses}
 */
export function classPositions(
  teacher: NamedClasses,
  data: NamedClasses,
  role = 'teacher',
): readonly number[] | undefined {
  const { classNames } = teacher;
  if (classNames === undefined) return undefined;
  expectNamePerLogit(role, teacher.name, classNames, teacher.classes);
  if (data.classNames === undefined) return undefined;
  // ImageNet has two classes called 'crane': in lists that are equal anyway, they need no telling apart.
  if (JSON.stringify(classNames) === JSON.stringify(data.classNames)) return undefined;
  const positions = positionsOf([role, teacher.name], classNames, data.name, data.classNames);
  const isSame = positions.length === teacher.classes && positions.every((position, at) => position === at);
  return isSame ? undefined : positions;
}

/**
 * Refuses a list of names of another length than the logits: all names after a missing or additional one would stand for
 * their neighbours' logits.
 *
 * @throws DistillError code `shape`
 */
export function expectNamePerLogit(
  role: string,
  owner: string,
  names: readonly string[],
  classes: number,
): void {
  if (names.length === classes) return;
  const ends = names.length === 0 ? '' : ` (from '${names[0] ?? ''}' to '${names.at(-1) ?? ''}')`;
  throw new DistillError({
    code: 'shape',
    where: `${role} '${owner}', classes`,
    expected: `${classes} names, one per logit`,
    got: `${names.length}${ends}`,
    hint: 'Does the list have a header, lack a line, or begin with `background`, which the network does not have?',
  });
}

/** The position of each of the data's classes among the teacher's. */
function positionsOf(
  [role, owner]: readonly [role: string, name: string],
  given: readonly string[],
  data: string,
  wanted: readonly string[],
): readonly number[] {
  const forms: ReadonlyMap<string, readonly number[]>[] = [
    (name: string) => [name],
    (name: string) => [plain(name)],
    (name: string) => name.split(',').map(plain),
  ].map((keys) => {
    const places = new Map<string, number[]>();
    given.forEach((name, at) => {
      for (const key of new Set(keys(name))) places.set(key, [...(places.get(key) ?? []), at]);
    });
    return places;
  });
  const taken = new Map<number, string>();
  const wrong: string[] = [];
  const positions = wanted.map((name) => {
    const found = [name, plain(name), plain(name)]
      .map((key, form) => forms[form]?.get(key) ?? [])
      .find((places) => places.length > 0);
    const [place = -1] = found ?? [];
    if (found === undefined) wrong.push(missing(name, given));
    else if (found.length > 1)
      wrong.push(`'${name}' (${found.length} of the ${role}'s classes have this name)`);
    else if (taken.has(place)) wrong.push(`'${name}' (the same class as '${taken.get(place) ?? ''}')`);
    taken.set(place, name);
    return place;
  });
  if (wrong.length === 0) return positions;
  const shown = wrong.slice(0, 20).join(', ');
  throw new DistillError({
    code: 'shape',
    where: `${role} '${owner}', classes`,
    expected: `every class of dataset '${data}' once among the ${role}'s ${given.length}`,
    got: `none for ${shown}${wrong.length > 20 ? ` and ${wrong.length - 20} more` : ''}`,
    hint: `List the ${role}'s classes in the order of its logits, with the names that the data uses.`,
  });
}

const plain = (name: string): string =>
  name
    .normalize()
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

function missing(name: string, given: readonly string[]): string {
  const nearest = /^Did you mean ('.*?')\?/.exec(nearestNameHint(name, given))?.[1];
  return nearest === undefined ? `'${name}'` : `'${name}' (nearest: ${nearest})`;
}

/** Whatever gives logits for images, at once or later. */
interface GivesLogits {
  readonly name?: string | undefined;
  readonly classes: number;
  readonly classNames?: readonly string[] | undefined;
  forward(images: Images): { readonly logits: Logits };
  readonly ask?: FrozenNetwork['ask'];
}

/**
 * A classifier with the logits of the data's classes in their order, as {@link matchClasses} has it for teachers; itself
 * if nothing changes.
 *
 * @throws DistillError code `shape`, as {@link matchClasses}
 */
export function inClassOrder<T extends GivesLogits>(classifier: T, data: NamedClasses): T | GivesLogits {
  const { name = 'of several', classes, classNames, ask } = classifier;
  const positions = classPositions({ name, classes, classNames }, data, 'network');
  if (positions === undefined) return classifier;
  const chosen = (logits: Logits): Logits => tf.gather(logits, [...positions], 1);
  return {
    classes: positions.length,
    forward: (images) => ({ logits: tf.tidy(() => chosen(classifier.forward(images).logits)) }),
    ...(ask !== undefined && {
      async ask(images: Images) {
        const output = await ask(images);
        const logits = tf.tidy(() => chosen(output.logits));
        output.dispose();
        return ownedOutput(name, logits, [], []);
      },
    }),
  };
}

/** A teacher with the logits at the given positions, in that order. */
function withLogits(
  teacher: FrozenNetwork,
  positions: readonly number[],
  classNames: readonly string[],
): FrozenNetwork {
  const chosen = (logits: Logits): Logits => tf.gather(logits, [...positions], 1);
  const { ask } = teacher;
  return {
    ...teacher,
    classes: positions.length,
    classNames,
    fingerprint: async () =>
      bytesToHex(sha256(utf8ToBytes(JSON.stringify([await teacher.fingerprint(), positions])))),
    forward(images, taps = []): NetworkOutput {
      const [logits, ...values] = withoutTape(() =>
        tf.tidy(() => {
          const output = teacher.forward(images, taps);
          return [chosen(output.logits), ...taps.map((tap) => output.tap(tap))];
        }),
      );
      return networkOutput(teacher.name, logits, taps, values);
    },
    ...(ask !== undefined && {
      async ask(images, taps = []) {
        const output = await ask(images, taps);
        const logits = tf.tidy(() => chosen(output.logits));
        output.logits.dispose();
        return ownedOutput(
          teacher.name,
          logits,
          taps,
          taps.map((tap) => output.tap(tap)),
        );
      },
    }),
  };
}
