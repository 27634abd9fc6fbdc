/** What {@link vam} can be told. */
export interface VamOptions {
  /** Weight of the matching term next to cross-entropy, at least 0. Default 1. */
  readonly weight: number;
}
