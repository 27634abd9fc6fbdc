export { askTeacher, ownedOutput } from './ask-teacher.js';
export { classPositions, inClassOrder, matchClasses } from './class-order.js';
export { teacherAsRead } from './condensed.js';
export type { Asked } from './condensed.js';
export type {
  Condense,
  ForwardOptions,
  FrozenNetwork,
  LogitsSource,
  Network,
  NetworkNode,
  NetworkOutput,
  NetworkShape,
  OwnedOutput,
} from './contract.js';
export { expectNetwork } from './expect-network.js';
export { expectTrainable } from './expect-trainable.js';
export type { ForeignAnswer, ForeignValue } from './foreign-answer.js';
export { teacherFrom } from './foreign-teacher.js';
export type { ForeignImages, ForeignTeacherOptions } from './foreign-teacher.js';
export { layersDigest } from './fingerprint.js';
export { expectedNormalizationOf } from './expected-normalization.js';
export { freeze } from './freeze.js';
export { freezeGraphModel } from './graph-teacher.js';
export type { GraphTeacherOptions } from './graph-teacher.js';
export type { GraphModelLike } from './graph-model.js';
export { asTeacher, loadTeacher } from './load-teacher.js';
export type { TeacherLike, TeacherOptions, TeacherPackages } from './load-teacher.js';
export { logProbabilities, outputKind } from './logits.js';
export { probabilityWarning, rowsWarning, studentWarning } from './logits-warning.js';
export { mapShape } from './map-shape.js';
export type { MapShape } from './map-shape.js';
export type { ImageLayout } from './onnx-images.js';
export { pooledEmbedding, pooledWidth } from './pooled-embedding.js';
export { asNetwork, createNetwork } from './network.js';
export type { NetworkLike, NetworkOptions } from './network.js';
export { orthogonal } from './orthogonal.js';
export { isPlain, markAs } from './plain.js';
export { embeddingTap, stagePairs, stageTaps, tapsHint } from './stages.js';
export { seedWeights } from './seed-weights.js';
export { networkOutput } from './taps.js';
export { expectGradients } from './trial-step.js';
export { settleStatistics, unsettledShare } from './moving-statistics.js';
