export { attentionStatistics } from './attention-statistics.js';
export type { AttentionStatistics, AttentionView } from './attention-statistics.js';
export { explain, explainVam } from './explain.js';
export type { Explanation, ExplainOptions } from './explain.js';
export type { Matrix } from './matrix.js';
export { attentionFlow, classSimilarity, neuralTree } from './neural-tree.js';
export type { ClassSimilarity, NeuralTree } from './neural-tree.js';
export { subtaskConflict } from './subtask-conflict.js';
export type { Conflict, ConflictBatch, ConflictTarget } from './subtask-conflict.js';
