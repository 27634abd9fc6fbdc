import { expectKnown, expectOption, nonNegative, seedWeights } from '@distilljs/core';
import type { Method, OptionCheck } from '@distilljs/core';
import { hmePaper, hmePaperChecks, kdExplainer, vam, withVam, withVamChecks } from '@distilljs/vam';
import type { HeadKind, WithVamOptions } from '@distilljs/vam';
import type { CatalogEntry, StudentChange } from './catalog-entry.js';

/** Name suffix of a method with virtual attention: the student's convolutions attend, and the entropy of their attention is a term. */
export const VAM_SUFFIX = '+vam';

/** Attention settings of a student. Blocks are half as wide as the package's default: the zoo's students have 8 to 64 channels. */
const ATTENTION_DEFAULTS: Omit<WithVamOptions, 'seed'> = {
  blockSize: 8,
  rescale: 'none',
  grouped: false,
  layers: 'eligible',
};

/** A mixture of experts in the paper's layout, small enough for the bench. */
const EXPERT_DEFAULTS = { experts: 4, widths: [16, 8, 8, 16], blocks: 1, head: 'binary' as HeadKind };

/** Options that shape a network: their defaults in the bench, and how the package checks them. */
interface Shaping<Shape extends object> {
  readonly defaults: Shape;
  readonly checks: Readonly<Record<keyof Shape, OptionCheck>>;
}

const ATTENTION: Shaping<typeof ATTENTION_DEFAULTS> = { defaults: ATTENTION_DEFAULTS, checks: withVamChecks };
const EXPERTS: Shaping<typeof EXPERT_DEFAULTS> = { defaults: EXPERT_DEFAULTS, checks: hmePaperChecks };

/**
 * Splits a configuration's options into those that shape the network and those of the method.
 *
 * @param method whose options they are
 * @throws DistillError code `option` for a wrong value of the first
 */
function splitOptions<Shape extends object>(
  method: string,
  options: object,
  { defaults, checks }: Shaping<Shape>,
): { readonly shape: Shape; readonly own: object } {
  const isShape = ([name]: [string, unknown]): boolean => Object.hasOwn(defaults, name);
  const entries = Object.entries(options);
  const given = entries.filter((entry) => isShape(entry) && entry[1] !== undefined);
  for (const [name, value] of given) expectOption(`${method}.${name}`, value, checks[name as keyof Shape]);
  return {
    shape: { ...defaults, ...Object.fromEntries(given) },
    own: Object.fromEntries(entries.filter((entry) => !isShape(entry))),
  };
}

/** The method with the network's options added, so that the report shows them. */
const reporting = (method: Method, shape: object): Method => ({
  ...method,
  options: { ...method.options, ...shape },
});

/** The configured student with attention added. Its other weights stay those that every method starts from. */
const attendingStudent =
  (method: string, options: object): StudentChange =>
  ({ model, taps }, _, random) => {
    const { shape } = splitOptions(method, options, ATTENTION);
    const attending = withVam(model, { ...shape, seed: random.integer(2 ** 31) });
    model.dispose();
    return { model: attending, taps };
  };

const { gamma, ceWeight, kdWeight, temperature } = vam().options;
const vamDefaults = { gamma, ceWeight, kdWeight, temperature };

/** Any method with attention. Its own options stay; the entropy's weight is `vamGamma`, because some methods have a `gamma`. */
export function withVirtualAttention(entry: CatalogEntry): CatalogEntry {
  const name = `${entry.name}${VAM_SUFFIX}`;
  const defaults = { ...entry.defaults, vamGamma: vamDefaults.gamma, ...ATTENTION.defaults };
  return {
    ...entry,
    name,
    summary: `${entry.summary}; with virtual attention`,
    defaults,
    create(options) {
      expectKnown(name, options, Object.keys(defaults));
      const { shape, own } = splitOptions(name, options, ATTENTION);
      const { vamGamma = vamDefaults.gamma, ...rest } = own as { readonly vamGamma?: number };
      // Another option of the method may be called gamma.
      expectOption(`${name}.vamGamma`, vamGamma, nonNegative);
      const method = entry.create(rest);
      return reporting(
        { ...vam({ gamma: vamGamma, with: method }), options: { ...method.options, vamGamma } },
        shape,
      );
    },
    student: (options) => attendingStudent(name, options),
  };
}

function explainer(
  name: string,
  summary: string,
  training: 'kd' | 'plain' | 'label-smoothing',
): CatalogEntry {
  const defaults = { ...kdExplainer.defaults, training, ...EXPERTS.defaults };
  return {
    name,
    summary,
    package: '@distilljs/vam',
    ownNetwork: true,
    defaults,
    create(options) {
      expectKnown(name, options, Object.keys(defaults));
      const { shape, own } = splitOptions(name, options, EXPERTS);
      return reporting(kdExplainer({ training, ...own }), shape);
    },
    student:
      (options) =>
      ({ model }, images, random) => {
        model.dispose();
        const experts = hmePaper({ ...images, ...splitOptions(name, options, EXPERTS).shape });
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
    defaults: { ...vamDefaults, ...ATTENTION.defaults },
    create(options) {
      expectKnown('vam', options, Object.keys({ ...vamDefaults, ...ATTENTION.defaults }));
      const { shape, own } = splitOptions('vam', options, ATTENTION);
      return reporting(vam(own), shape);
    },
    student: (options) => attendingStudent('vam', options),
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
