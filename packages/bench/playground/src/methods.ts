/** The methods that the page offers, as the bench's catalog sums them up: with the catalog all of them would load. */
export const METHODS: Readonly<Record<string, string>> = {
  student: 'the student alone with cross-entropy',
  kd: 'vanilla distillation of softened logits (Hinton et al. 2015)',
  dkd: 'KD in two parts, target and other classes (Zhao et al. 2022)',
  'at+kd': 'attention transfer with KD',
  cckd: 'correlation congruence of embeddings, with KD (Peng et al. 2019)',
  'mhgd+kd': 'multi-head graph distillation with KD',
};

/** Those that read feature maps: CLIP gives logits and an embedding alone. */
const MAPS: ReadonlySet<string> = new Set(['at+kd', 'mhgd+kd']);

/** The methods that a teacher can serve. */
export const servedBy = (
  { kind }: { readonly kind: string },
  methods: readonly string[],
): readonly string[] => (kind === 'clip' ? methods.filter((method) => !MAPS.has(method)) : methods);
