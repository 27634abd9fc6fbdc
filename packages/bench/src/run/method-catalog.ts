import { DistillError, kd, labelSmoothing, nearestNameHint, student } from '@distilljs/core';
import type { Method } from '@distilljs/core';
import { cckd } from '@distilljs/cckd';

/** A technique as the bench knows it. */
export interface CatalogEntry {
  readonly name: string;
  readonly summary: string;
  readonly package: string;
  /** Options with their defaults, for `distill-bench list methods`. */
  readonly defaults: object;
  /** Options come from a configuration: the method's own checks refuse wrong ones. */
  readonly create: (options: object) => Method;
}

/** Every technique that the bench compares; a new one is a line here. */
export const methodCatalog: readonly CatalogEntry[] = [
  {
    name: 'student',
    summary: 'the student alone with cross-entropy',
    package: '@distilljs/core',
    defaults: student.defaults,
    create: student,
  },
  {
    name: 'label-smoothing',
    summary: 'the student alone with smoothed labels (Szegedy et al. 2016)',
    package: '@distilljs/core',
    defaults: labelSmoothing.defaults,
    create: labelSmoothing,
  },
  {
    name: 'kd',
    summary: 'vanilla distillation of softened logits (Hinton et al. 2015)',
    package: '@distilljs/core',
    defaults: kd.defaults,
    create: kd,
  },
  {
    name: 'kd-standardized',
    summary: 'distillation of standardised logits (Sun et al. 2024), temperature 2',
    package: '@distilljs/core',
    defaults: { ...kd.defaults, standardize: true, temperature: 2 },
    create: (options) => kd({ standardize: true, temperature: 2, ...options }),
  },
  {
    name: 'cckd',
    summary: 'correlation congruence of embeddings, with KD (Peng et al. 2019)',
    package: '@distilljs/cckd',
    defaults: cckd.defaults,
    create: cckd,
  },
];

/** Names that a configuration may use. */
export const methodNames: readonly string[] = methodCatalog.map((entry) => entry.name);

/**
 * A method by its name in the catalog.
 * @throws DistillError code `option` for a name that is not there or options that the method refuses
 */
export function createMethod(name: string, options: object = {}): Method {
  const entry = methodCatalog.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry.create(options);
  throw new DistillError({
    code: 'option',
    where: 'methods',
    expected: 'a method of the catalog',
    got: `'${name}'`,
    hint: nearestNameHint(name, methodNames),
  });
}
