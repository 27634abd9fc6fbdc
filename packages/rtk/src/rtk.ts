import { attentionMethod } from './attention-method.js';
import { rtkDefaults } from './options.js';

/**
 * Representative Teacher Keys, reconstructed. Per image, the k teacher maps that some student map resembles most, by
 * the cosine of their energy maps, are representative. Each of them queries the student's maps, as in the base method;
 * the others contribute nothing.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + β Σ_t mean_b r[b, t] Σ_s α[b, t, s] · D[b, t, s]`, logged as `ce`, `kd` and
 * `attention`. α is the softmax of the attention logits `ℓ[b, t, ·]`; r is 1 for the k largest of `max_s cos(t, s)`,
 * else 0.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, also `option` for
 *   batches of one image, and `tap` or `shape` for taps that do not exist or are not feature maps
 * @see Yang, Kao, Huang, Representative Teacher Keys, 2022 (arXiv 2206.12788)
 *
 * Certainty: only the paper's abstract and titles were available to us, neither its text nor its code. That it changes
 * attention-based feature matching is likely; that it selects teacher keys by similarity follows from the abstract. Who
 * queries, the rule, k, the grid and β are our reconstruction: of several readings, the one closest to the abstract's
 * claim. Do not expect it to reproduce the paper's results.
 */
export const rtk = attentionMethod('rtk', rtkDefaults);
