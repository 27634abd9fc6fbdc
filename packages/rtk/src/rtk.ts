import { attentionMethod } from './attention-method.js';
import { rtkDefaults } from './options.js';

/**
 * Representative Teacher Keys, reconstructed: per image, of the teacher's maps the k that some student map resembles most (by the
 * cosine of their energy maps) are its representative ones. Each of them asks the student's maps, as in the base method; the
 * others contribute nothing.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + β Σ_t mean_b r[b, t] Σ_s α[b, t, s] · D[b, t, s]` with α the softmax of `ℓ[b, t, ·]` and r 1 for the k
 * largest of `max_s cos(t, s)`, else 0; logged as `ce`, `kd` and `attention`.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range; when it is planned, also code `option`
 *   for batches of one image, `tap` or `shape` for taps that are not there or are no feature maps
 * @see Yang, Kao, Huang, Representative Teacher Keys, 2022 (arXiv 2206.12788)
 *
 * Certainty: neither the paper's text nor its code was available to us, only its abstract and titles. That it changes attention-based
 * feature matching is likely, that teacher keys are selected by similarity follows from the abstract; who asks, the rule, k,
 * the grid and β are our reconstruction, and of several readings the one that came closest to the abstract's claim. No result of the
 * paper may be expected of it.
 */
export const rtk = attentionMethod('rtk', rtkDefaults);
