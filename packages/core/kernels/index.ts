export { blockMoments, mergeMoments, normalise } from './batch-norm';
export { blockGradientSums, mergeGradientSums, normaliseGradient } from './batch-norm-gradient';
export { convolve } from './convolution';
export { filterGradient, sumFilterGradient } from './filter-gradient';
export { packFilter, packPhase } from './pack-filter';
export { copyView } from './copy';
export { reluGradient } from './elementwise';
export { matMul } from './matrix';
