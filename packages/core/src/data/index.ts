export { arrayDataset } from './array-dataset.js';
export type { ArrayDatasetOptions } from './array-dataset.js';
export { datasetFrom } from './dataset-from.js';
export type { DatasetFromOptions, ImageSource } from './read-stream.js';
export { augmentation, CIFAR_AUGMENTATION, NO_AUGMENTATION, PHOTO_AUGMENTATION } from './augmentation.js';
export type { Augmentation, ColorJitter, RandomResizedCrop } from './augmentation.js';
export {
  checkedDataset,
  isLabelled,
  expectDatasetLike,
  expectImageShape,
  sameImagesWarning,
} from './check-dataset.js';
export { UNLABELLED } from './check-labels.js';
export type { LabelsLike } from './check-labels.js';
export type { CheckedDataset, Dataset, InMemoryDataset, Pixels } from './dataset.js';
export { batchText, loadBatch } from './load-batch.js';
export type { AugmentationStream, Preparation } from './load-batch.js';
export { channelStatistics, expectNormalization, isAtHand } from './normalization.js';
export { expectDivided, expectPixelScale, measuredScaleWarning, otherScaleWarning } from './pixel-scale.js';
export type { Normalization } from './normalization.js';
export { batchesOf, uniformSampler } from './sampler.js';
export type { BatchSampler } from './sampler.js';
export { pixelSums } from './pixel-sums.js';
export type { PixelSums } from './pixel-sums.js';
