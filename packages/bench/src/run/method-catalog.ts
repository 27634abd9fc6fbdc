import { DistillError, kd, labelSmoothing, nearestNameHint, student } from '@distilljs/core';
import type { Method } from '@distilljs/core';
import { afd, afdOffline, dml, featureL1 } from '@distilljs/afd';
import { cckd } from '@distilljs/cckd';
import { kdSvd, mhgd } from '@distilljs/mhgd';
import { attentionMatching, rtk, studentQuery } from '@distilljs/rtk';
import { baselineMethods, WITH_KD } from './baseline-catalog.js';
import type { CatalogEntry } from './catalog-entry.js';
import { VAM_SUFFIX, virtualAttentionMethods, withVirtualAttention } from './virtual-attention.js';

/** Standardized logits are small, so the authors' scripts weight the divergence ten times as much as usual. */
const STANDARDIZED = { standardize: true, temperature: 2, kdWeight: 9 };

/** Without KD the labels have their whole weight. */
const LABELS_ALONE = { ceWeight: 1, kdWeight: 0 };

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
    summary: 'distillation of standardized logits (Sun et al. 2024), temperature 2, weight 9',
    package: '@distilljs/core',
    defaults: { ...kd.defaults, ...STANDARDIZED },
    create: (options) => kd({ ...STANDARDIZED, ...options }),
  },
  ...baselineMethods,
  {
    name: 'cckd',
    summary: 'correlation congruence of embeddings, with KD (Peng et al. 2019)',
    package: '@distilljs/cckd',
    defaults: cckd.defaults,
    create: cckd,
  },
  {
    name: 'cckd-without-kd',
    summary: 'correlation congruence of embeddings alone',
    package: '@distilljs/cckd',
    defaults: { ...cckd.defaults, ...LABELS_ALONE },
    create: (options) => cckd({ ...LABELS_ALONE, ...options }),
  },
  {
    name: 'afd',
    summary:
      'several networks learn from each other: logits, and feature maps by adversaries (Chung et al. 2020)',
    package: '@distilljs/afd',
    defaults: afd.defaults,
    cohort: true,
    create: afd,
  },
  {
    name: 'afd-offline',
    summary: 'one student and a fixed teacher: feature maps by an adversary, with KD',
    package: '@distilljs/afd',
    defaults: afdOffline.defaults,
    create: afdOffline,
  },
  {
    name: 'afd-offline-without-kd',
    summary: 'one student and a fixed teacher: feature maps by an adversary alone',
    package: '@distilljs/afd',
    defaults: { ...afdOffline.defaults, kdWeight: 0 },
    create: (options) => afdOffline({ kdWeight: 0, ...options }),
  },
  {
    name: 'dml',
    summary: 'networks that learn from each other, logits alone (Zhang et al. 2018), temperature 3',
    package: '@distilljs/afd',
    defaults: dml.defaults,
    cohort: true,
    create: dml,
  },
  {
    name: 'feature-l1',
    summary: 'dml with feature maps aligned by L1, the baseline of AFD',
    package: '@distilljs/afd',
    defaults: featureL1.defaults,
    cohort: true,
    create: featureL1,
  },
  {
    name: 'mhgd',
    summary: 'multi-head graph distillation (Lee and Song 2019), two phases',
    package: '@distilljs/mhgd',
    defaults: mhgd.defaults,
    create: mhgd,
  },
  {
    name: 'mhgd+kd',
    summary: 'multi-head graph distillation with KD',
    package: '@distilljs/mhgd',
    defaults: { ...mhgd.defaults, ...WITH_KD },
    create: (options) => mhgd({ ...WITH_KD, ...options }),
  },
  {
    name: 'kd-svd',
    summary: 'relations of singular vectors (Lee et al. 2018), the baseline of mhgd',
    package: '@distilljs/mhgd',
    defaults: kdSvd.defaults,
    create: kdSvd,
  },
  {
    name: 'kd-svd+kd',
    summary: 'relations of singular vectors with KD',
    package: '@distilljs/mhgd',
    defaults: { ...kdSvd.defaults, ...WITH_KD },
    create: (options) => kdSvd({ ...WITH_KD, ...options }),
  },
  {
    name: 'attention-matching',
    summary: 'feature maps by learned attention, with KD (Ji et al. 2021), the base of rtk',
    package: '@distilljs/rtk',
    defaults: attentionMatching.defaults,
    create: attentionMatching,
  },
  {
    name: 'attention-matching-without-kd',
    summary: 'feature maps by learned attention alone',
    package: '@distilljs/rtk',
    defaults: { ...attentionMatching.defaults, kdWeight: 0 },
    create: (options) => attentionMatching({ kdWeight: 0, ...options }),
  },
  {
    name: 'rtk',
    summary: 'representative teacher keys, with KD (Yang et al. 2022), reconstructed from the abstract',
    package: '@distilljs/rtk',
    defaults: rtk.defaults,
    create: rtk,
  },
  {
    name: 'rtk-without-kd',
    summary: 'representative teacher keys alone, reconstructed',
    package: '@distilljs/rtk',
    defaults: { ...rtk.defaults, kdWeight: 0 },
    create: (options) => rtk({ kdWeight: 0, ...options }),
  },
  {
    name: 'rtk-student-query',
    summary:
      'the other reading of rtk, with KD: student maps are the queries; tends to collapse to one stage',
    package: '@distilljs/rtk',
    defaults: { ...rtk.defaults, ...studentQuery },
    create: (options) => rtk({ ...studentQuery, ...options }),
  },
  ...virtualAttentionMethods,
];

/** Names of the catalog. */
export const methodNames: readonly string[] = methodCatalog.map((entry) => entry.name);

/** What `--methods all` stands for: every technique that trains the configured student. */
export const techniqueNames: readonly string[] = methodCatalog
  .filter(({ ownNetwork }) => ownNetwork !== true)
  .map(({ name }) => name);

/** Names that a configuration may use: those of the catalog, and their variants with virtual attention, `METHOD+vam`. */
export const configurableMethods: readonly string[] = methodCatalog.flatMap((entry) =>
  entry.student === undefined ? [entry.name, `${entry.name}${VAM_SUFFIX}`] : [entry.name],
);

/** The entry for a name. For `METHOD+vam` it is derived from the method's entry. */
export function findMethod(name: string): CatalogEntry | undefined {
  const found = methodCatalog.find((entry) => entry.name === name);
  if (found !== undefined || !configurableMethods.includes(name)) return found;
  const plain = methodCatalog.find((entry) => `${entry.name}${VAM_SUFFIX}` === name);
  return plain === undefined ? undefined : withVirtualAttention(plain);
}

/**
 * A method by its name in the catalog.
 * @throws DistillError code `option` for an unknown name, or for options that the method refuses
 */
export function createMethod(name: string, options: object = {}): Method {
  const entry = findMethod(name);
  if (entry !== undefined) return entry.create(options);
  throw new DistillError({
    code: 'option',
    where: 'methods',
    expected: 'a method of the catalog',
    got: `'${name}'`,
    hint: nearestNameHint(name, configurableMethods),
  });
}
