export type { MethodConfig, RunConfig } from './complete.js';
export { plainLayer } from './layer.js';
export type { ConfigLayer } from './layer.js';
export { presetLayer, presetNames, presets } from './presets.js';
export type { PresetName } from './presets.js';
export { mergeConfig, parseConfig, resolveConfig } from './resolve.js';
export type { ConfigSources } from './resolve.js';
export type { ConfigInput } from './schema.js';
export { parseSetting } from './setting.js';
