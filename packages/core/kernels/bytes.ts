/** Bytes of one f32. */
export const FLOAT_BYTES: usize = 4;
