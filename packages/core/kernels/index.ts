export {
  blockGradientSums,
  blockMoments,
  mergeGradientSums,
  mergeMoments,
  normalise,
  normaliseGradient,
} from './batch-norm';
export { convolve, filterGradient, packFilter, packPhase, sumFilterGradient } from './convolution';
export { copyView } from './copy';
export { reluGradient } from './elementwise';
export { matMul } from './matrix';
