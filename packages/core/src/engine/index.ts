export { ENGINES } from './engines.js';
export type { EngineDescription, EngineName } from './engines.js';
export { batchNormTraining } from './kernels/batch-norm-training.js';
export type { BatchNormTraining } from './kernels/batch-norm-training.js';
export { missingTrainingKernels, registerTrainingKernels, trainingKernels } from './kernels/register.js';
export { ENGINE_VARIABLE, resolveEngine } from './resolve-engine.js';
export type { Engine } from './resolve-engine.js';
export { onOneTape, stopGradient, withoutTape } from './tape.js';
export type { GradientOf } from './tape.js';
