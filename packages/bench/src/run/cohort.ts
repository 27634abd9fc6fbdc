import { createNetwork, createRandom, DistillError, seedWeights } from '@distilljs/core';
import type { Dataset, Method, Network, Random } from '@distilljs/core';
import type { MethodConfig } from '../config/index.js';
import { buildModel } from '../model/index.js';
import type { ModelShape } from '../model/index.js';
import { withEmbedding } from './automatic-taps.js';
import type { ChangedStudent, StudentChange } from './catalog-entry.js';
import { foreignMethod } from './foreign-modules.js';
import { foreignStudent } from './foreign-students.js';
import { givenMethod } from './given.js';
import { createMethod, findMethod, methodCatalog } from './method-catalog.js';

/** Maximum number of networks in a cohort: more would not fit into memory. */
const MOST_NETWORKS = 64;

/** A configured method and the models that it trains: one, or a cohort's. */
export interface PlannedMethod {
  readonly method: Method;
  readonly models: readonly string[];
  /** The method's change to the student; undefined where it trains the models unchanged. */
  readonly change: StudentChange | undefined;
}

/**
 * A method with its models: those that the configuration names, else copies of the student, one per network of the method.
 *
 * @param student model of the run's student
 * @throws DistillError code `config` for a cohort of a method that trains one student, `option` for options that the method refuses
 */
export function planMethod(
  { name, as, from, given, options, cohort }: Omit<MethodConfig, 'as'> & { readonly as?: string | undefined },
  student: string,
): PlannedMethod {
  const entry =
    given === true
      ? givenMethod(as ?? name)
      : from === undefined
        ? findMethod(name)
        : foreignMethod(from, name);
  const isCohort = entry?.cohort === true;
  if (!isCohort && cohort !== undefined) {
    const cohortMethods = methodCatalog.flatMap((each) => (each.cohort === true ? [each.name] : []));
    throw new DistillError({
      code: 'config',
      where: `method '${as ?? name}', cohort`,
      expected: 'nothing: the method trains one student',
      got: cohort.join(', '),
      hint: `Methods that train several: ${cohortMethods.join(', ')}.`,
    });
  }
  const all = cohort === undefined ? options : { networks: cohort.length, ...options };
  const method = entry === undefined ? createMethod(name, all) : entry.create(all);
  const change = entry?.student?.(options);
  if (!isCohort) return { method, models: [student], change };
  const { networks } = method.options as { readonly networks: number };
  if (networks > MOST_NETWORKS) {
    throw new DistillError({
      code: 'option',
      where: `${name}.networks`,
      expected: `at most ${MOST_NETWORKS} networks`,
      got: String(networks),
    });
  }
  return { method, models: cohort ?? Array.from({ length: networks }, () => student), change };
}

/** A zoo network, or the student from outside with this name, with weights drawn from a stream and the method's change applied. */
export async function buildNetwork(
  name: string,
  { imageShape, classes }: Dataset,
  random: Random,
  change: StudentChange = (student) => student,
): Promise<Network> {
  const built = await freshModel(name, { imageShape, classes }, random);
  const { model, taps } = change(built, { imageShape, classes }, random.fork('change'));
  return withEmbedding(taps, (all) => createNetwork(model, { name, taps: all }));
}

async function freshModel(name: string, shape: ModelShape, random: Random): Promise<ChangedStudent> {
  const foreign = foreignStudent(name);
  if (foreign !== undefined) return foreign.build(shape, random);
  const built = buildModel(name, shape, { weights: 'zero' });
  seedWeights(built.model, random);
  return built;
}

/** Fresh networks. The first has the same weights as every other method's student with this seed. */
export async function buildCohort(
  models: readonly string[],
  train: Dataset,
  seed: number,
  change?: StudentChange,
): Promise<readonly Network[]> {
  const random = createRandom(seed);
  const networks: Network[] = [];
  try {
    for (const [index, model] of models.entries()) {
      const stream = random.fork(index === 0 ? 'student' : `student-${index + 1}`);
      networks.push(await buildNetwork(model, train, stream, change));
    }
  } catch (error) {
    for (const network of networks) network.dispose();
    throw error;
  }
  return networks;
}
