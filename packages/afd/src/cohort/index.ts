export type { CohortMaps } from './maps.js';
export type { Peers } from './routing.js';
export { cohortCost, cohortVariables, joinVariables } from './variables.js';
export { cohortMaps } from './maps.js';
export { cohortTaps } from './taps.js';
export { expectCohort } from './expect-cohort.js';
export { peersOf, teacherOf } from './routing.js';
