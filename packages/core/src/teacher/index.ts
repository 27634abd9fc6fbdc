export { cachedTeacher } from './cached-teacher.js';
export type { CachedTeacher } from './cached-teacher.js';
export { checkTeacherOutputs, viewAt } from './teacher-outputs.js';
export type { TeacherOutputs } from './teacher-outputs.js';
