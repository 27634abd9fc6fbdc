import type { VNode } from 'preact';
import { corruptionNames } from '../figure-plots.js';
import type { Report } from '../report-data.js';
import { hasCosts } from './measures.js';
import { Section } from './parts.js';

/** What a figure of the page is, its formula, and its unit. */
interface Definition {
  readonly name: string;
  readonly formula: string;
  readonly unit: string;
  readonly isShown: (report: Report) => boolean;
}

const always = (): boolean => true;
const hasPredictions = ({ rows }: Report): boolean => rows.some(({ metrics }) => metrics !== null);
const hasPairs = ({ pairwise }: Report): boolean => pairwise.length > 0;
const hasLatency = ({ rows }: Report): boolean => rows.some(({ cost }) => (cost?.latency.length ?? 0) > 0);
const hasScore =
  (name: 'top5' | 'agreement' | 'kl') =>
  ({ rows }: Report): boolean =>
    rows.some(({ metrics }) => metrics?.scores[name] != null);

/** Of embeddings; nearness is the cosine. */
const EMBEDDING_WORDS =
  'recall@k, rank-k: queries with an image of their identity among the k nearest; mAP: mean over queries of the average precision; TAR at FAR: share of same-identity pairs accepted, where FAR is the share of other pairs accepted';

/** In the order of the page. */
const DEFINITIONS: readonly Definition[] = [
  {
    name: 'test accuracy',
    formula: 'correct test images / test images, after the last epoch',
    unit: '%',
    isShown: always,
  },
  {
    name: 'best',
    formula: 'the same with the weights of the epoch that was best on the validation images',
    unit: '%',
    isShown: always,
  },
  {
    name: 'mean ± deviation',
    formula: 'over seeds; deviation √(Σ(x − mean)² / (n − 1))',
    unit: 'as the figure',
    isShown: always,
  },
  {
    name: '95 % interval',
    formula: 'mean ± t(0.975, n − 1) · deviation / √n',
    unit: 'as the figure',
    isShown: always,
  },
  {
    name: 'difference, p',
    formula:
      'mean d of the differences over common seeds; two-sided p of t = d · √n / deviation, n − 1 degrees of freedom',
    unit: 'points; 0 to 1',
    isShown: always,
  },
  {
    name: 'corrected p',
    formula: 'Holm: the i-th smallest of m values times m − i + 1, never below the one before',
    unit: '0 to 1',
    isShown: hasPairs,
  },
  {
    name: 'interval with images',
    formula: 'hierarchical bootstrap over seeds and test images',
    unit: 'points',
    isShown: ({ pairwise }) => pairwise.some(({ ci95WithImages }) => ci95WithImages !== null),
  },
  {
    name: 'effect',
    formula: 'Hedges’ g: d / deviation · (1 − 3 / (4(n − 1) − 1))',
    unit: 'deviations',
    isShown: ({ pairwise }) => pairwise.some(({ effect }) => effect !== null),
  },
  {
    name: 'power',
    formula: 'the true difference that a paired t-test at p = 0.05 detects in 80 of 100 runs (noncentral t)',
    unit: 'points',
    isShown: ({ power }) => power !== null,
  },
  {
    name: 'evidence',
    formula:
      'e-value of the paired differences of validation accuracy; drops a method at K(K − 1) / 2 / level of K methods',
    unit: 'ratio',
    isShown: ({ race }) => race !== null,
  },
  {
    name: 'parameters, MACs',
    formula: 'weights of the saved network; multiply-accumulate operations per image',
    unit: 'number',
    isShown: always,
  },
  {
    name: 'seconds per epoch',
    formula: 'training steps, median epoch of each phase; validation not counted',
    unit: 's',
    isShown: always,
  },
  {
    name: 'training',
    formula: 'sum over all epochs of the seconds of training steps',
    unit: 's',
    isShown: hasCosts,
  },
  {
    name: 'method’s share',
    formula: '1 − training seconds of the student alone / those of the method',
    unit: '%',
    isShown: hasCosts,
  },
  { name: 'model size', formula: 'files of the saved network', unit: 'bytes', isShown: hasCosts },
  {
    name: 'latency',
    formula: 'forward passes of the saved network: median and 95 % quantile',
    unit: 'ms',
    isShown: hasLatency,
  },
  {
    name: 'peak memory',
    formula: 'largest resident memory at the end of a training step',
    unit: 'bytes',
    isShown: hasCosts,
  },
  {
    name: 'top-5',
    formula: 'images whose class is among the five most probable / images',
    unit: '%',
    isShown: hasScore('top5'),
  },
  {
    name: 'agreement',
    formula: 'images that teacher and student classify the same way / images',
    unit: '%',
    isShown: hasScore('agreement'),
  },
  {
    name: 'KL to teacher',
    formula: 'mean over images of Σ_k t_k ln(t_k / p_k), t of the teacher, temperature 1',
    unit: 'nats',
    isShown: hasScore('kl'),
  },
  { name: 'NLL', formula: 'mean over images of −ln p(label)', unit: 'nats', isShown: hasPredictions },
  {
    name: 'ECE',
    formula: 'Σ_b n_b / n · |accuracy_b − confidence_b| over 15 bins of equal width of the confidence',
    unit: '0 to 1',
    isShown: hasPredictions,
  },
  {
    name: 'Brier',
    formula: 'mean over images of Σ_k (p_k − [k = label])²',
    unit: '0 to 2',
    isShown: hasPredictions,
  },
  {
    name: 'accuracy by class',
    formula: 'correct test images of the class / its test images, mean over seeds',
    unit: '%',
    isShown: hasPredictions,
  },
  {
    name: 'embeddings',
    formula: EMBEDDING_WORDS,
    unit: '%',
    isShown: ({ embeddings }) => embeddings !== null,
  },
  {
    name: 'corrupted, of clean',
    formula: 'mean accuracy over corruptions and five strengths; the same / accuracy on clean images',
    unit: '%',
    isShown: (report) => corruptionNames(report).length > 0,
  },
];

/** Each measure that the page shows: formula and unit. */
export function Definitions({ report }: { readonly report: Report }): VNode {
  const shown = DEFINITIONS.filter(({ isShown }) => isShown(report));
  return (
    <Section
      id="definitions"
      title="Definitions"
      note="n: number of seeds, or of images. p by itself: a probability that the network outputs."
    >
      <dl class="entries">
        {shown.map(({ name, formula, unit }) => [
          <dt key={`${name} name`}>{name}</dt>,
          <dd key={`${name} formula`}>
            {formula} <span class="note">({unit})</span>
          </dd>,
        ])}
      </dl>
    </Section>
  );
}
