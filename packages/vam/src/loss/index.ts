export { subtaskCrossEntropy, subtaskKd, teacherBinaryLogits } from './subtask-losses.js';
