export { fitImage, resizeModes } from './fit.js';
export type { Fit, ResizeMode } from './fit.js';
export { upright, withChannels } from './raster.js';
export type { Channels, Raster } from './raster.js';
