export { decodeImage, decoderIdentity, decoderNames } from './decode.js';
export type { DecodedImage, DecoderName } from './decode.js';
// Core has them: whoever uses a student scales its images as they were scaled for training.
export { fitImage, resizeModes, upright, withChannels } from '@distilljs/core';
export type { Channels, Fit, Raster, ResizeMode } from '@distilljs/core';
