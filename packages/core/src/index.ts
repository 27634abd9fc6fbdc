export { kd, labelSmoothing, student } from './baseline/index.js';
export type { KdOptions, LabelSmoothingOptions, StudentOptions } from './baseline/index.js';
export { checkpoints, earlyStop, inspections, jsonl, progress } from './callback/index.js';
export type {
  CheckpointsOptions,
  EarlyStopOptions,
  Inspection,
  ProgressOptions,
  ProgressReport,
  ProgressStream,
} from './callback/index.js';
export {
  decodeSafetensors,
  directoryStore,
  encodeSafetensors,
  floatValues,
  indexedDbStore,
  loadSnapshot,
  memoryStore,
  readSafetensors,
  saveSnapshot,
} from './checkpoint/index.js';
export type {
  CheckpointStore,
  PartialEpoch,
  RunIdentity,
  SafetensorsEntry,
  SafetensorsFile,
  Snapshot,
  SnapshotPosition,
  StoredTensor,
} from './checkpoint/index.js';
export {
  arrayDataset,
  augmentation,
  channelStatistics,
  datasetFrom,
  CIFAR_AUGMENTATION,
  loadBatch,
  NO_AUGMENTATION,
  PHOTO_AUGMENTATION,
  uniformSampler,
} from './data/index.js';
export type {
  ArrayDatasetOptions,
  Augmentation,
  AugmentationStream,
  BatchSampler,
  CheckedDataset,
  ColorJitter,
  Dataset,
  DatasetFromOptions,
  InMemoryDataset,
  LabelsLike,
  Normalization,
  Pixels,
  ImageSource,
  Preparation,
  RandomResizedCrop,
} from './data/index.js';
export {
  batchNormTraining,
  ENGINE_VARIABLE,
  ENGINES,
  GRAPH_VARIABLE,
  graphUse,
  missingTrainingKernels,
  onOneTape,
  peek,
  registerTrainingKernels,
  resolveEngine,
  stopGradient,
  trainingKernels,
  whyNoGraphs,
  withoutTape,
} from './engine/index.js';
export type {
  BatchNormTraining,
  Engine,
  EngineDescription,
  EngineName,
  GradientOf,
  GraphUse,
  ResolveEngineOptions,
} from './engine/index.js';
export { DistillError, isDistillError, nearestNameHint, shownText } from './error/index.js';
export type { DistillErrorCode, DistillErrorFields } from './error/index.js';
export {
  crossEntropy,
  hintonKd,
  labelSmoothingCrossEntropy,
  standardizedKd,
  standardizeLogits,
  weightedMean,
} from './loss/index.js';
export { defineMethod, NO_COST, taskTerms, withTeacher } from './method/index.js';
export type {
  AuxiliaryCost,
  Backward,
  Exhibit,
  ExhibitAxis,
  GradientPolicy,
  LossMethod,
  LossTerms,
  Method,
  MethodFactory,
  Phase,
  Plan,
  PlanContext,
  PlannedMethod,
  Prepared,
  Reads,
  Step,
  TaskOptions,
  TaughtContext,
  Term,
  Update,
} from './method/index.js';
export { fitImage, resizeModes, upright, withChannels } from './image/index.js';
export type { Channels, Fit, Raster, ResizeMode } from './image/index.js';
export {
  loadModel,
  metadataOf,
  modelFiles,
  modelMetadata,
  saveModel,
  setModelMetadata,
} from './model-file/index.js';
export type { LoadOptions, ModelMetadata } from './model-file/index.js';
export {
  asNetwork,
  askTeacher,
  asTeacher,
  createNetwork,
  expectGradients,
  expectTrainable,
  freeze,
  freezeGraphModel,
  loadTeacher,
  mapShape,
  matchClasses,
  outputKind,
  probabilityWarning,
  seedWeights,
  teacherFrom,
} from './network/index.js';
export type {
  ForeignAnswer,
  ForeignImages,
  ForeignTeacherOptions,
  ForeignValue,
  ForwardOptions,
  FrozenNetwork,
  GraphModelLike,
  GraphTeacherOptions,
  ImageLayout,
  LogitsSource,
  MapShape,
  Network,
  NetworkLike,
  NetworkOptions,
  NetworkOutput,
  NetworkShape,
  OwnedOutput,
  TeacherLike,
  TeacherOptions,
} from './network/index.js';
export {
  checkOptions,
  eitherOf,
  expectOption,
  flag,
  inRange,
  listOf,
  nonNegative,
  oneOf,
  optional,
  positive,
  text,
  wholeNumber,
} from './option/index.js';
export type { OptionCheck, OptionChecks } from './option/index.js';
export { UNFINISHED, writeWhole } from './platform/write-whole.js';
export { createRandom } from './random/index.js';
export type { Random } from './random/index.js';
export { withInput } from './teacher/index.js';
export type { GivenImages, TeacherInput, TeacherOutputs } from './teacher/index.js';
export { loadStudent, studentOf } from './student/index.js';
export type {
  Classification,
  ClassifyOptions,
  Decode,
  Decoded,
  ImageInput,
  LoadStudentOptions,
  RankedClass,
  Student,
} from './student/index.js';
export { expectSameShape, expectShape, shapeText } from './tensor/index.js';
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
} from './tensor/index.js';
export {
  adam,
  asSchedule,
  clipByGlobalNorm,
  clipToTerm,
  constantRate,
  cosineRate,
  distill,
  ensembleOf,
  evaluate,
  sgd,
  stepRate,
  sumOfTerms,
} from './train/index.js';
export type {
  AdamOptions,
  BestEpoch,
  Callback,
  Classifier,
  ClassifierLike,
  ClipToTermOptions,
  DistillOptions,
  DistillResult,
  EpochReport,
  Evaluation,
  InspectedAxis,
  InspectedExhibit,
  Optimizer,
  OptimizerSpec,
  OptimizerState,
  RunControl,
  Schedule,
  SgdOptions,
  StepReport,
  Stop,
  TermReport,
  TrainingPosition,
  ValueLabel,
  WarmUp,
} from './train/index.js';
