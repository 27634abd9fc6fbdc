import { attentionMethod } from './attention-method.js';
import { baseDefaults } from './options.js';

/**
 * Attention-based feature matching, the base method of RTK: every teacher map queries all student maps, and is compared
 * with them in proportion to a learned attention.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + β Σ_t mean_b Σ_s softmax_s(ℓ[b, t, s]) · D[b, t, s]`, logged as `ce`, `kd`
 * and `attention`.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, also `option` for
 *   batches of one image, and `tap` or `shape` for taps that do not exist or are not feature maps
 * @see Ji, Heo, Park, Show, Attend and Distill: Knowledge Distillation via Attention-based Feature Matching, AAAI 2021
 *
 * Certainty: exact, from the official code (Apache-2.0); where the text differs, we follow the code.
 */
export const attentionMatching = attentionMethod('attention-matching', baseDefaults);
