export { asGraph, GRAPH_VARIABLE, graphUse, holdInGraphs, isGathering, whyNoGraphs } from './as-graph.js';
export type { GraphUse } from './recording-library.js';
