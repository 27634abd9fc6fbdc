export {
  asGraph,
  GRAPH_VARIABLE,
  graphUse,
  holdInGraphs,
  isGathering,
  repeating,
  stepsAsGraphs,
  whyNoGraphs,
} from './as-graph.js';
export type { GraphUse } from './as-graph.js';
export type { Repeater } from './repeat.js';
export type { Watch } from './observe.js';
