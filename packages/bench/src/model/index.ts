export type { BuiltModel, ModelShape, ZooTap } from './built-model.js';
export { buildModel, isModelName, modelNames } from './zoo.js';
export type { ModelName } from './zoo.js';
