import { attentionMethod } from './attention-method.js';
import { rtkDefaults } from './options.js';

/**
 * Representative Teacher Keys, reconstructed: every student map asks the teacher's maps, only the keys that it attends to
 * most (its representative teacher keys) stay, and it is compared with those.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + β Σ_s mean_b Σ_t α[b, s, t] · D[b, s, t]` with α the softmax over the k largest of `ℓ[b, s, ·]`, logged as
 * `ce`, `kd` and `attention`.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range; when it is planned, also code `option`
 *   for batches of one image, `tap` or `shape` for taps that are not there or are no feature maps
 * @see Yang, Kao, Huang, Representative Teacher Keys, 2022 (arXiv 2206.12788)
 *
 * Certainty: neither the paper's text nor its code could be had, only its abstract and titles. That it changes attention-based
 * feature matching is likely, that teacher keys are selected by similarity follows from the abstract; the exchange of
 * roles, the rule, k, the grid and β are our reconstruction. No result of the paper may be expected of it.
 */
export const rtk = attentionMethod('rtk', rtkDefaults);
