export { blockMoments, mergeMoments, normalize } from './batch-norm';
export { blockGradientSums, mergeGradientSums, normalizeGradient } from './batch-norm-gradient';
export { convolve } from './convolution';
export { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
export { filterGradient, sumFilterGradient } from './filter-gradient';
export { packFilter, packPhase } from './pack-filter';
export { copyView } from './copy';
export { gatherRows } from './gather';
export { maxPoolGradient } from './max-pool';
export { reluGradient } from './elementwise';
export { matMul } from './matrix';
export { matVec } from './mat-vec';
export { sumInOrder } from './sum-in-order';
export { winogradConvolve } from './winograd';
export { winogradFilter, winogradFilterGradient } from './winograd-filter';
// Not for callers: what is exported is not merged into its one caller, where V8 gives its loop too few registers: half the speed.
export { multiplyRows } from './winograd-product';
