export { withAbsolutePaths } from './absolute-paths.js';
export { plainLayer } from './layers.js';
export type { ConfigLayer } from './layers.js';
export { presetNames, presets } from './presets.js';
export type { Preset } from './preset.js';
export type { PresetName } from './presets.js';
export type { Conflict } from './problem.js';
export { nameOfModule } from './module-name.js';
export {
  configuredModules,
  isRunConfig,
  mergeConfig,
  parseConfig,
  resolveConfig,
  resolveStudy,
} from './resolve.js';
export type { ConfigSources, MethodConfig, RunConfig, StudyConfig, TaskConfig } from './resolve.js';
export type { WrittenMethod } from './method-rules.js';
export type { ConfigInput } from './schema.js';
export { allSeeds, confirmSeeds, raceSeeds } from './race.js';
export type { Race } from './race.js';
export { parseSetting } from './source.js';
export { NORMALIZATIONS } from './teacher-schema.js';
export type { NormalizationName } from './teacher-schema.js';
