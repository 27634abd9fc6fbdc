/** What {@link afd} can be told. */
export interface AfdOptions {
  /** Weight of the matching term next to cross-entropy, at least 0. Default 1. */
  readonly weight: number;
}
