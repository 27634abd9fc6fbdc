export { classUniformSampler } from './class-uniform.js';
export type { ClassUniformOptions } from './class-uniform.js';
export { clusterSuperclasses } from './cluster-superclasses.js';
export type { ClusterOptions } from './cluster-superclasses.js';
export { planSampler } from './plan-sampler.js';
export { superclassUniformSampler } from './superclass-uniform.js';
export type { SuperclassUniformOptions } from './superclass-uniform.js';
