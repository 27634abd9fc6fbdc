import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { asNetwork, ownedOutput } from '../network/index.js';
import type { FrozenNetwork, NetworkLike } from '../network/index.js';
import { expectOption, listOf, optional, text, wholeNumber } from '../option/index.js';
import type { Images, Logits } from '../tensor/index.js';
import { expectNoPromise } from './check-options.js';

/** Classifies images: a network, trainable or frozen, or an ensemble. */
export interface Classifier {
  /** Number of logits per image. */
  readonly classes: number;
  /** Runs in inference mode; `images` is `[n, height, width, channels]`, `logits` is `[n, classes]`. */
  forward(images: Images): { readonly logits: Logits };
  /** Names of the classes in the order of the logits, if known. */
  readonly classNames?: readonly string[] | undefined;
  /** Present for a classifier that answers asynchronously; then called instead of `forward`. */
  readonly ask?: FrozenNetwork['ask'];
}

/** A classifier, or a bare model that becomes one. */
export type ClassifierLike = Classifier | NetworkLike;

/**
 * Combines several networks into one by the mean of their logits. (The mean of probabilities may favour another
 * class.)
 *
 * @param given at least one network, all with the same number of classes
 * @throws DistillError code `option`, also if members name their classes in different orders; `shape` if the numbers of
 *   classes differ
 */
export function ensembleOf(given: readonly ClassifierLike[]): Classifier {
  expectOption('ensembleOf', given, (list) =>
    Array.isArray(list) && list.length > 0 ? undefined : 'a list of networks',
  );
  const members = given.map((member: ClassifierLike, at) => asClassifier(`ensembleOf, member ${at}`, member));
  const { classes } = members[0] as Classifier;
  const other = members.findIndex((member) => member.classes !== classes);
  if (other !== -1) {
    throw new DistillError({
      code: 'shape',
      where: `ensembleOf, member ${other}`,
      expected: `${classes} classes as member 0`,
      got: String(members[other]?.classes),
    });
  }
  expectOneOrder(members);
  const meanOf = (all: Logits[]): Logits => tf.tidy(() => tf.div<Logits>(tf.addN(all), all.length));
  const names = members.find(({ classNames }) => classNames !== undefined)?.classNames;
  return {
    classes,
    ...(names !== undefined && { classNames: names }),
    forward: (images) => ({
      logits: tf.tidy(() => meanOf(members.map((member) => member.forward(images).logits))),
    }),
    ...(members.some(({ ask }) => ask !== undefined) && {
      async ask(images: Images) {
        const all: Logits[] = [];
        try {
          for (const member of members) all.push(await ownLogits(member, images));
          return ownedOutput('of several', meanOf(all), [], []);
        } finally {
          tf.dispose(all);
        }
      },
    }),
  };
}

/** The logits of one classifier, owned by the caller. */
async function ownLogits(member: Classifier, images: Images): Promise<Logits> {
  const asked = await member.ask?.(images);
  const logits = tf.tidy(() => tf.clone((asked ?? member.forward(images)).logits));
  asked?.dispose();
  return logits;
}

/** @throws DistillError code `option` if two members name their classes in different orders */
function expectOneOrder(members: readonly Classifier[]): void {
  const first = members.findIndex(({ classNames }) => classNames !== undefined);
  const names = members[first]?.classNames ?? [];
  members.forEach(({ classNames }, at) => {
    const other = classNames?.findIndex((name, index) => name !== names[index]) ?? -1;
    if (other === -1) return;
    throw new DistillError({
      code: 'option',
      where: `ensembleOf, member ${at}, classNames`,
      expected: `the classes of member ${first} in their order, class ${other} '${names[other]}'`,
      got: `'${classNames?.[other]}'`,
      hint: 'Bring them into one order: `matchClasses(freeze(network), data)` for each member.',
    });
  });
}

/** A classifier as it is, or one made of a bare model. */
export function asClassifier(where: string, given: ClassifierLike): Classifier {
  const parts: unknown = given;
  expectNoPromise(where, parts);
  const isClassifier =
    typeof parts === 'object' && parts !== null && 'forward' in parts && 'classes' in parts;
  if (!isClassifier) return asNetwork(given as NetworkLike, where);
  const { classes, classNames, forward } = given as unknown as Readonly<Record<keyof Classifier, unknown>>;
  expectOption(`${where}, classes`, classes, wholeNumber({ min: 1 }));
  expectOption(`${where}, forward`, forward, (value) =>
    typeof value === 'function' ? undefined : 'a function of the images',
  );
  expectOption(`${where}, classNames`, classNames, optional(listOf(text)));
  return given as Classifier;
}
