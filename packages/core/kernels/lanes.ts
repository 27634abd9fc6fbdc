/** The first `count` numbers at an address, at most four of them, `step` bytes apart; the rest is 0, and nothing more is read. */
export function loadLanes(from: usize, count: i32, step: usize): v128 {
  if (count >= 4 && step == 4) return v128.load(from);
  let lanes = f32x4.splat(0);
  if (count > 0) lanes = f32x4.replace_lane(lanes, 0, load<f32>(from));
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(from + step));
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(from + 2 * step));
  if (count > 3) lanes = f32x4.replace_lane(lanes, 3, load<f32>(from + 3 * step));
  return lanes;
}

/** Stores the first `count` lanes, at most four. */
export function storeLanes(lanes: v128, to: usize, count: i32): void {
  if (count >= 4) {
    v128.store(to, lanes);
    return;
  }
  if (count > 0) store<f32>(to, f32x4.extract_lane(lanes, 0));
  if (count > 1) store<f32>(to + 4, f32x4.extract_lane(lanes, 1));
  if (count > 2) store<f32>(to + 8, f32x4.extract_lane(lanes, 2));
}
