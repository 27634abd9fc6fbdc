export { measureSpeed } from './measure-speed.js';
export type { SpeedProgress } from './measure-speed.js';
export { speedSettings } from './settings.js';
export type { SpeedSettings } from './settings.js';
export { SPEED_SCHEMA } from './speed-report.js';
export type { MethodSpeed, SpeedReport } from './speed-report.js';
export { speedText } from './speed-table.js';
