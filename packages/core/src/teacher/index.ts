export { cachedTeacher } from './cached-teacher.js';
export type { CachedTeacher } from './cached-teacher.js';
export { givenTeacher, rowsDigest } from './given-teacher.js';
export { checkTeacherOutputs, viewAt } from './teacher-outputs.js';
export type { TeacherOutputs, TeacherRows } from './teacher-outputs.js';
export { withInput } from './teacher-input.js';
export type { GivenImages, TeacherInput } from './teacher-input.js';
export { teacherOutputsFit } from './records.js';
