import { createNetwork, createRandom, DistillError, seedWeights } from '@distilljs/core';
import type { Dataset, Method, Network, Random } from '@distilljs/core';
import type { MethodConfig } from '../config/index.js';
import { buildModel } from '../model/index.js';
import type { StudentChange } from './catalog-entry.js';
import { createMethod, findMethod, methodCatalog } from './method-catalog.js';

/** Networks of a cohort; more would not fit into any memory, and their list alone may not. */
const MOST_NETWORKS = 64;

/** A configured method and the networks of the zoo that it trains: one, or a cohort's. */
export interface PlannedMethod {
  readonly method: Method;
  readonly models: readonly string[];
  /** What the method makes of them; undefined where it trains them as they are. */
  readonly change: StudentChange | undefined;
}

/**
 * A method with its networks: those that the configuration names, else as many copies of the student as it has networks.
 *
 * @param student model of the run's student
 * @throws DistillError code `config` for a cohort where there is one student, `option` for options that the method refuses
 */
export function planMethod(
  { name, as, options, cohort }: Omit<MethodConfig, 'as'> & { readonly as?: string | undefined },
  student: string,
): PlannedMethod {
  const entry = findMethod(name);
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
  const method = createMethod(name, cohort === undefined ? options : { networks: cohort.length, ...options });
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

/** A network of the zoo with weights drawn from a stream, changed as a method needs it. */
export function buildNetwork(
  name: string,
  { imageShape, classes }: Dataset,
  random: Random,
  change: StudentChange = (student) => student,
): Network {
  const built = buildModel(name, { imageShape, classes }, { weights: 'zero' });
  seedWeights(built.model, random);
  const { model, taps } = change(built, { imageShape, classes }, random.fork('change'));
  return createNetwork(model, { name, taps });
}

/** Fresh networks. The first one's weights are those of every other method's student with this seed. */
export function buildCohort(
  models: readonly string[],
  train: Dataset,
  seed: number,
  change?: StudentChange,
): readonly Network[] {
  const random = createRandom(seed);
  return models.map((model, index) =>
    buildNetwork(model, train, random.fork(index === 0 ? 'student' : `student-${index + 1}`), change),
  );
}
