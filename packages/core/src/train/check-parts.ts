import { checkedDataset } from '../data/index.js';
import type { CheckedDataset, Dataset } from '../data/index.js';
import { describeValue, DistillError } from '../error/index.js';
import { readOrRefuse } from '../error/first-line.js';
import { asNetwork, expectTrainable } from '../network/index.js';
import type { FrozenNetwork, Network, NetworkLike, NetworkShape } from '../network/index.js';
import { shapeText } from '../tensor/index.js';
import type { NamedTensors } from '../tensor/index.js';
import { expectNoPromise } from './check-options.js';
import type { DistillOptions } from './distill-types.js';

/**
 * Checks training and validation data.
 *
 * @throws DistillError codes `data`; `shape` for validation images of another shape or number of classes
 */
export function expectData(options: Pick<DistillOptions, 'train' | 'validation'>): {
  readonly train: CheckedDataset;
  readonly validation: CheckedDataset | undefined;
} {
  const train = checkedDataset('train', options.train);
  const validation =
    options.validation === undefined
      ? undefined
      : checkedDataset('validation', options.validation, { everyLabel: true });
  const [names, others] = [train.classNames, validation?.classNames];
  const differs = names?.findIndex((name, index) => others !== undefined && name !== others[index]) ?? -1;
  if (differs >= 0) {
    throw new DistillError({
      code: 'data',
      where: 'validation, classNames',
      expected: `the classes of \`train\` in their order, class ${differs} '${names?.[differs]}'`,
      got: `'${others?.[differs]}'`,
    });
  }
  const shapeOf = (data: Dataset): string => `${shapeText(data.imageShape)}, ${data.classes} classes`;
  if (validation !== undefined && shapeOf(train) !== shapeOf(validation)) {
    const [expected, got] = [shapeOf(train), shapeOf(validation)];
    throw new DistillError({ code: 'shape', where: 'validation', expected, got });
  }
  for (const [where, data] of Object.entries({ train, validation })) {
    if (data === undefined) continue;
    const place = `${where}, dataset '${data.name}', fingerprint`;
    const expected = 'a string that changes whenever pixels or labels change';
    const fingerprint: unknown = readOrRefuse(
      { code: 'data', where: place, expected },
      () => data.fingerprint,
    );
    if (typeof fingerprint === 'string' && fingerprint !== '') continue;
    throw new DistillError({
      code: 'data',
      where: place,
      expected,
      got: describeValue(fingerprint),
    });
  }
  return { train, validation };
}

/**
 * The students of a run as networks: at least one, each with its own weights, each suitable for the data.
 *
 * @throws DistillError codes `option`, `network`, `shape`
 */
export function expectStudents(given: readonly NetworkLike[], train: Dataset): readonly Network[] {
  const list: unknown = given;
  expectNoPromise('students', list);
  if (!Array.isArray(list)) {
    const isNetwork = typeof list === 'object' && list !== null && ('forward' in list || 'predict' in list);
    throw new DistillError({
      code: 'option',
      where: 'students',
      expected: 'a list of networks',
      got: isNetwork ? 'one network' : describeValue(list),
      hint: 'Write `students: [student]`.',
    });
  }
  if (given.length === 0) {
    const expected = 'at least one network';
    throw new DistillError({ code: 'option', where: 'students', expected, got: 'none' });
  }
  // Not `map`, which skips the holes of a sparse array.
  const students = Array.from(given, (each, index) => {
    expectNoPromise(`students[${index}]`, each);
    return asNetwork(each, `students[${index}]`);
  });
  students.forEach((student, index) => {
    const where = `students[${index}] '${student.name}'`;
    const first = students.findIndex(({ model }) => model === student.model);
    // The model would be trained twice per step and learn from itself: every divergence would be 0.
    if (first < index) {
      throw new DistillError({
        code: 'option',
        where,
        expected: 'a network of its own',
        got: `the model of students[${first}]`,
        hint: 'Build one model per student.',
      });
    }
    for (let other = 0; other < index; other++) {
      const weights = { ...students[other]?.variables, ...students[other]?.statistics };
      expectOwnWeights(where, student, weights, `students[${other}]`);
    }
    expectFit(`students[${index}]`, student, train);
    expectTrainable(student);
  });
  return students;
}

/**
 * Refuses shared weights: a teacher that changes with its student gives the student's own outputs.
 *
 * @throws DistillError code `option` if a weight that the student trains is among `weights`
 */
function expectOwnWeights(where: string, student: Network, weights: NamedTensors, owner: string): void {
  const others = new Map(Object.entries(weights).map(([name, variable]) => [variable.id, name]));
  for (const [name, variable] of Object.entries(student.variables)) {
    const shared = others.get(variable.id);
    if (shared === undefined) continue;
    throw new DistillError({
      code: 'option',
      where,
      expected: 'weights of its own, if they are trained',
      got: `'${name}', which is '${shared}' of ${owner} too`,
      hint: 'Build another model, or freeze the layers that are shared (`layer.trainable = false`).',
    });
  }
}

/** Weights in use by active runs: trained by one, or read by a number of them as a teacher's. */
const held = new WeakMap<object, { trained: boolean; readers: number }>();

/**
 * Reserves the weights of a run's networks. Two runs in one process that train the same network, or one that
 * trains the other's teacher, would silently change each other's results.
 *
 * @returns a function that releases them
 * @throws DistillError code `option` if another run has reserved them
 */
export function holdWeights(students: readonly Network[], teacher: FrozenNetwork | undefined): () => void {
  const trained = students.flatMap(({ variables }) => Object.values(variables));
  const read = Object.values(teacher?.weights ?? {});
  const holderOf = (weight: object): { trained: boolean; readers: number } => {
    const holder = held.get(weight) ?? { trained: false, readers: 0 };
    held.set(weight, holder);
    return holder;
  };
  const refuse = (where: string, got: string): never => {
    const expected = 'a network that no other run uses meanwhile';
    const hint = 'Wait for that run (`await distill(…)`), or build a model for each.';
    throw new DistillError({ code: 'option', where, expected, got, hint });
  };
  students.forEach((student, index) => {
    const where = `students[${index}] '${student.name}'`;
    const holders = Object.values(student.variables).map(holderOf);
    if (holders.some((holder) => holder.trained)) refuse(where, 'one that a run under way trains');
    if (holders.some(({ readers }) => readers > 0)) refuse(where, 'the teacher of a run under way');
  });
  if (read.some((weight) => holderOf(weight).trained))
    refuse(`teacher '${teacher?.name}'`, 'one that a run under way trains');
  for (const weight of trained) holderOf(weight).trained = true;
  for (const weight of read) holderOf(weight).readers += 1;
  return () => {
    for (const weight of trained) holderOf(weight).trained = false;
    for (const weight of read) holderOf(weight).readers -= 1;
  };
}

/**
 * Checks a run's networks before their first use.
 *
 * @throws DistillError code `network` for a disposed one, `option` for a student that trains weights of the
 *   teacher
 */
export function expectApart(students: readonly Network[], teacher: FrozenNetwork | undefined): void {
  const named = students.map((student, index) => [`students[${index}] '${student.name}'`, student] as const);
  for (const [where, { variables }] of named) expectAlive(where, variables);
  if (teacher === undefined) return;
  expectAlive(`teacher '${teacher.name}'`, teacher.weights);
  for (const [where, student] of named) expectOwnWeights(where, student, teacher.weights, 'the teacher');
}

function expectAlive(where: string, weights: NamedTensors): void {
  const gone = Object.entries(weights).find(([, weight]) => weight.isDisposed);
  if (gone === undefined) return;
  throw new DistillError({
    code: 'network',
    where,
    expected: 'a network with weights',
    got: `a disposed one: '${gone[0]}' is gone`,
    hint: 'Dispose a model when every run that uses it has ended.',
  });
}

/** @throws DistillError code `shape` unless the network accepts the data's images and has one logit per class */
export function expectFit(where: string, network: Network | FrozenNetwork, data: Dataset): void {
  const fits = network.inputShape.every((axis, index) => axis === -1 || axis === data.imageShape[index]);
  if (!fits) {
    throw new DistillError({
      code: 'shape',
      where: `${where} '${network.name}'`,
      expected: `input ${shapeText(data.imageShape)} as dataset '${data.name}' has`,
      got: shapeText(network.inputShape),
      hint: resizeHint(where, network, data),
    });
  }
  expectEveryClass(`${where} '${network.name}'`, network, data);
}

/** @throws DistillError code `shape` unless there is one logit per class of the data */
export function expectEveryClass(
  where: string,
  { classes }: { readonly classes: number },
  data: Pick<Dataset, 'classes' | 'name'>,
): void {
  if (classes === data.classes) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `${data.classes} logits, one per class of dataset '${data.name}'`,
    got: String(classes),
    // Such as the 1,001 of models that count the background as class 0.
    hint: /^students/.test(where)
      ? undefined
      : 'A network with other classes needs their names (`classNames` of loadTeacher and of the dataset), which are then matched.',
  });
}

/** Only a teacher may see the images at another size; students get the data unchanged. */
function resizeHint(
  where: string,
  { inputShape }: NetworkShape,
  { imageShape }: Dataset,
): string | undefined {
  const [height, width, channels] = inputShape;
  if (where !== 'teacher' || (channels !== -1 && channels !== imageShape[2])) return undefined;
  return `Resize the images for the teacher: \`teacherInput: { imageSize: [${height}, ${width}] }\`.`;
}
