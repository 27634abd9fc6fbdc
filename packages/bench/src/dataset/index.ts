export { loadCifar } from './cifar.js';
export type { CifarOptions } from './cifar.js';
export type { CifarKind } from './cifar-format.js';
export { datasetNames, loadDataset } from './registry.js';
export type { DatasetName, DatasetSource } from './registry.js';
export { splitValidation } from './split.js';
export { subset } from './subset.js';
export { synthetic } from './synthetic.js';
export type { SyntheticOptions } from './synthetic.js';
