export { headEpochs, headsPhase, headWidthLimit } from './heads-phase.js';
export type { MhgdState } from './heads-phase.js';
export { reviewScores } from './review.js';
export { transferPhase } from './transfer-phase.js';
