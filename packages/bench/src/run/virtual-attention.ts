import { seedWeights } from '@distilljs/core';
import type { Method } from '@distilljs/core';
import { hmePaper, kdExplainer, kdExplainerDefaults, vam, withVam } from '@distilljs/vam';
import type { HeadKind, WithVamOptions } from '@distilljs/vam';
import type { StudentChange } from './build-network.js';
import type { CatalogEntry } from './method-catalog.js';

/** Behind a method's name: the same with a student whose convolutions attend, and the entropy of their attention as a term. */
export const VAM_SUFFIX = '+vam';

/** Half of the paper's library default: the zoo's students are 8 to 64 wide. */
const ATTENTION = { blockSize: 8, rescale: 'none', grouped: false, layers: 'eligible' } as const;
const GAMMA = { gamma: 0.01 };

type AttentionOptions = Partial<Omit<WithVamOptions, 'seed'>>;

/** Options of attention, which change the student, apart from those of a method. */
function separated(options: object): { readonly attention: AttentionOptions; readonly rest: object } {
  const entries = Object.entries(options);
  const isAttention = ([name]: [string, unknown]): boolean => name in ATTENTION;
  return {
    attention: { ...ATTENTION, ...(Object.fromEntries(entries.filter(isAttention)) as AttentionOptions) },
    rest: Object.fromEntries(entries.filter((entry) => !isAttention(entry))),
  };
}

/** The student with attention; the rest of its weights stay those of every other method's. */
const attending =
  (options: object): StudentChange =>
  ({ model, taps }, _shape, random) => {
    const changed = withVam(model, { ...separated(options).attention, seed: random.integer(2 ** 31) });
    model.dispose();
    return { model: changed, taps };
  };

/** A method whose options say how its student attends, too. */
function describing(method: Method, options: object): Method {
  return { ...method, options: { ...method.options, ...separated(options).attention } };
}

function ofVam(name: string, summary: string, ownDefaults: object): CatalogEntry {
  return {
    name,
    summary,
    package: '@distilljs/vam',
    defaults: { ...GAMMA, temperature: 4, ...ownDefaults, ...ATTENTION },
    create: (options) => describing(vam({ ...ownDefaults, ...separated(options).rest }), options),
    student: attending,
  };
}

/** A method with attention: its own options, `vamGamma` (the weight of entropy: some methods have a γ of their own), and those of attention. */
export function withVirtualAttention(entry: CatalogEntry): CatalogEntry {
  return {
    ...entry,
    name: `${entry.name}${VAM_SUFFIX}`,
    summary: `${entry.summary}; with virtual attention`,
    defaults: { ...entry.defaults, vamGamma: GAMMA.gamma, ...ATTENTION },
    create(options) {
      const { vamGamma = GAMMA.gamma, ...rest } = separated(options).rest as { readonly vamGamma?: number };
      const inner = entry.create(rest);
      const method = vam({ gamma: vamGamma, with: inner });
      return describing({ ...method, options: { ...inner.options, vamGamma } }, options);
    },
    student: attending,
  };
}

/** A mixture of experts small enough for the bench, in the paper's layout; the configured student gives way to it. */
const EXPERTS = { experts: 4, widths: [16, 8, 8, 16], blocks: 1, head: 'binary' as HeadKind };

function explainer(
  name: string,
  summary: string,
  training: 'kd' | 'plain' | 'label-smoothing',
): CatalogEntry {
  const layout = (options: object): typeof EXPERTS => ({
    ...EXPERTS,
    ...Object.fromEntries(Object.entries(options).filter(([key]) => key in EXPERTS)),
  });
  return {
    name,
    summary,
    package: '@distilljs/vam',
    ownNetwork: true,
    defaults: { ...kdExplainerDefaults, training, ...EXPERTS },
    create(options) {
      const own = Object.fromEntries(Object.entries(options).filter(([key]) => !(key in EXPERTS)));
      const method = kdExplainer({ training, ...own });
      return { ...method, options: { ...method.options, ...layout(options) } };
    },
    student:
      (options) =>
      ({ model }, shape, random) => {
        model.dispose();
        const experts = hmePaper({ ...shape, ...layout(options) });
        seedWeights(experts, random);
        return { model: experts, taps: {} };
      },
  };
}

/** Virtual attention without and with KD, and KDExplainer under each of its trainings. */
export const virtualAttentionMethods: readonly CatalogEntry[] = [
  ofVam(
    'vam',
    'the student alone with virtual attention and its entropy term (Xue et al. 2021); METHOD+vam for any other',
    { ceWeight: 1, kdWeight: 0 },
  ),
  ofVam('vam+kd', 'virtual attention with KD (Xue et al. 2021)', { ceWeight: 0.1, kdWeight: 0.9 }),
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
