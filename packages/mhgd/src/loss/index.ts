export { graphDivergence } from './graph-divergence.js';
export { reconstruction } from './reconstruction.js';
