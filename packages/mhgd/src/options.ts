/** What {@link mhgd} can be told. */
export interface MhgdOptions {
  /** Weight of the matching term next to cross-entropy, at least 0. Default 1. */
  readonly weight: number;
}
