export { crossEntropy } from './cross-entropy.js';
export { hintonKd } from './hinton-kd.js';
export { labelSmoothingCrossEntropy } from './label-smoothing.js';
export { standardizedKd } from './standardized-kd.js';
export { weightedMean } from './weighted-mean.js';
export { standardizeLogits } from './standardize-logits.js';
