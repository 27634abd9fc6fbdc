export { batchNormTraining } from './batchNormTraining.js';
export type { BatchNormTraining } from './batchNormTraining.js';
export { concatFlat, splitFlat } from './flat.js';
export { missingTrainingKernels, registerTrainingKernels, trainingKernels } from './register.js';
export { relu } from './relu.js';
export { softmaxCrossEntropy } from './softmaxCrossEntropy.js';
