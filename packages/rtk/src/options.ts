/** What {@link rtk} can be told. */
export interface RtkOptions {
  /** Weight of the matching term next to cross-entropy, at least 0. Default 1. */
  readonly weight: number;
}
