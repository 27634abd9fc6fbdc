export { CLASSIFIER_LAYER } from './conv-bn.js';
export type { BuiltModel, ModelShape, ZooTap } from './built-model.js';
export { buildModel, isModelName, modelNames, stemsOf, takesImages } from './zoo.js';
export type { ModelName } from './zoo.js';
export { loadTorchWeights } from './torch-weights.js';
export type { TorchWeights } from './torch-weights.js';
