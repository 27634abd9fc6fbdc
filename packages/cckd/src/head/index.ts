export { createFrozenProjection } from './frozen-projection.js';
export { createHeads, embeddingWidths, studentEmbedding, teacherEmbedding } from './heads.js';
export type { Heads } from './heads.js';
export { applyStudentHead, createStudentHead } from './student-head.js';
export type { StudentHead } from './student-head.js';
