export { expectModel } from './expect-model.js';
export { loadModel } from './load-model.js';
export {
  checkedMetadata,
  channelsOf,
  metadataOf,
  modelMetadata,
  savedNormalization,
  setModelMetadata,
} from './metadata.js';
export type { ModelMetadata } from './metadata.js';
export type { ModelPlace } from './place.js';
export type { LoadOptions } from './read-artifacts.js';
export { modelArtifacts, modelFiles, saveArtifacts, saveModel } from './save-model.js';
export type { PlainArtifacts } from './save-model.js';
