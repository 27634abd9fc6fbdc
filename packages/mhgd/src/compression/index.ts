export { alignedVectors } from './aligned-vectors.js';
export type { AlignedVectors } from './aligned-vectors.js';
export { positionRows } from './gram.js';
export type { PositionRows } from './gram.js';
export {
  createSensingPoints,
  firstVectors,
  headInputs,
  knownVectors,
  mapPairs,
  onlyVector,
  projectionVariables,
  senseStudent,
  senseTeacher,
  shareOfOthers,
  sketched,
} from './sensing.js';
export type { MapPair, SensingPoint, SensingTaps } from './sensing.js';
export { eigenvectorMacs, teacherVectors } from './right-vectors.js';
export type { TeacherVectors } from './right-vectors.js';
