export { decodeImage, decoderIdentity, decoderNames } from './decode.js';
export type { DecodedImage, DecoderName } from './decode.js';
// Defined in core, so that users of a student scale images exactly as in training.
export { fitImage, resizeModes, upright, withChannels } from '@distilljs/core';
export type { Channels, Fit, Raster, ResizeMode } from '@distilljs/core';
