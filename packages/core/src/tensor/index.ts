export type {
  Embedding,
  FeatureMap,
  Images,
  Labels,
  Logits,
  NamedTensors,
  NamedVariables,
  Probabilities,
  Scalar,
  Tensor,
} from './names.js';
export { adaptiveAveragePool, poolingMatrix } from './adaptive-average-pool.js';
export {
  asFloats,
  aTensor,
  expectSameShape,
  expectShape,
  expectShapes,
  expectTensor,
  shapeText,
} from './expect-shape.js';
