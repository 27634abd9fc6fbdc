export { batchNormTraining } from './batch-norm-training.js';
export type { BatchNormTraining } from './batch-norm-training.js';
export { concatFlat, splitFlat } from './flat.js';
export { missingTrainingKernels, registerTrainingKernels, trainingKernels } from './register.js';
export { relu } from './relu.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
