import { seedWeights } from '@distilljs/core';
import type { Method } from '@distilljs/core';
import { hmePaper, kdExplainer, vam, withVam } from '@distilljs/vam';
import type { HeadKind, WithVamOptions } from '@distilljs/vam';
import type { CatalogEntry, StudentChange } from './catalog-entry.js';

/** Name suffix of a method with virtual attention: the student's convolutions attend, and the entropy of their attention is a term. */
export const VAM_SUFFIX = '+vam';

/** Attention settings of a student. Blocks are half as wide as the package's default: the zoo's students have 8 to 64 channels. */
const ATTENTION: Omit<WithVamOptions, 'seed'> = {
  blockSize: 8,
  rescale: 'none',
  grouped: false,
  layers: 'eligible',
};

/** A mixture of experts in the paper's layout, small enough for the bench. */
const EXPERTS = { experts: 4, widths: [16, 8, 8, 16], blocks: 1, head: 'binary' as HeadKind };

/** Splits a configuration's options into those that shape the network and those of the method. */
function splitOptions<Shape extends object>(
  options: object,
  shapeDefaults: Shape,
): { readonly shape: Shape; readonly own: object } {
  const entries = Object.entries(options);
  const given = Object.fromEntries(entries.filter(([name]) => Object.hasOwn(shapeDefaults, name)));
  return {
    shape: { ...shapeDefaults, ...given },
    own: Object.fromEntries(entries.filter(([name]) => !Object.hasOwn(shapeDefaults, name))),
  };
}

/** The method with the network's options added, so that the report shows them. */
const reporting = (method: Method, shape: object): Method => ({
  ...method,
  options: { ...method.options, ...shape },
});

/** The configured student with attention added. Its other weights stay those that every method starts from. */
const attendingStudent =
  (options: object): StudentChange =>
  ({ model, taps }, _, random) => {
    const { shape } = splitOptions(options, ATTENTION);
    const attending = withVam(model, { ...shape, seed: random.integer(2 ** 31) });
    model.dispose();
    return { model: attending, taps };
  };

const { gamma, ceWeight, kdWeight, temperature } = vam().options;
const vamDefaults = { gamma, ceWeight, kdWeight, temperature };

/** Any method with attention. Its own options stay; the entropy's weight is `vamGamma`, because some methods have a `gamma`. */
export function withVirtualAttention(entry: CatalogEntry): CatalogEntry {
  return {
    ...entry,
    name: `${entry.name}${VAM_SUFFIX}`,
    summary: `${entry.summary}; with virtual attention`,
    defaults: { ...entry.defaults, vamGamma: vamDefaults.gamma, ...ATTENTION },
    create(options) {
      const { shape, own } = splitOptions(options, ATTENTION);
      const { vamGamma = vamDefaults.gamma, ...rest } = own as { readonly vamGamma?: number };
      const method = entry.create(rest);
      return reporting(
        { ...vam({ gamma: vamGamma, with: method }), options: { ...method.options, vamGamma } },
        shape,
      );
    },
    student: attendingStudent,
  };
}

function explainer(
  name: string,
  summary: string,
  training: 'kd' | 'plain' | 'label-smoothing',
): CatalogEntry {
  return {
    name,
    summary,
    package: '@distilljs/vam',
    ownNetwork: true,
    defaults: { ...kdExplainer.defaults, training, ...EXPERTS },
    create(options) {
      const { shape, own } = splitOptions(options, EXPERTS);
      return reporting(kdExplainer({ training, ...own }), shape);
    },
    student:
      (options) =>
      ({ model }, images, random) => {
        model.dispose();
        const experts = hmePaper({ ...images, ...splitOptions(options, EXPERTS).shape });
        seedWeights(experts, random);
        return { model: experts, taps: {} };
      },
  };
}

/** VAM, and the variants of KDExplainer. */
export const virtualAttentionMethods: readonly CatalogEntry[] = [
  {
    name: 'vam',
    summary: 'virtual attention with KD (Xue et al. 2021); METHOD+vam for any other method',
    package: '@distilljs/vam',
    defaults: { ...vamDefaults, ...ATTENTION },
    create(options) {
      const { shape, own } = splitOptions(options, ATTENTION);
      return reporting(vam(own), shape);
    },
    student: attendingStudent,
  },
  explainer(
    'kdexplainer',
    'a mixture of experts whose attention explains KD (Xue et al. 2021); a network of its own',
    'kd',
  ),
  explainer('kdexplainer-plain', 'the same experts, trained with labels alone', 'plain'),
  explainer(
    'kdexplainer-label-smoothing',
    'the same experts, trained with smoothed labels',
    'label-smoothing',
  ),
];
