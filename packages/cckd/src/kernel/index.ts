export { bilinear } from './bilinear.js';
export { correlationMatrix } from './correlation-matrix.js';
export type { CorrelationOptions, KernelName } from './correlation-matrix.js';
export type { Correlations } from './correlations.js';
export { gaussianRbf } from './gaussian-rbf.js';
export { mmdEuclid } from './mmd-euclid.js';
export { mmdMean } from './mmd-mean.js';
export { taylorRbf } from './taylor-rbf.js';
