export { aboveUniform } from './above-uniform.js';
export { selectLayers } from './select-layers.js';
export type { Candidates, Kept, Selection } from './select-layers.js';
export { runsOfOneShape, stageMedoids } from './stage-medoids.js';
export { topMask } from './top-mask.js';
