/** Bytes of one f32. */
export const F: usize = 4;
