/** What {@link __camel__} can be told. */
export interface __Pascal__Options {
  /** Weight of the matching term next to cross-entropy, at least 0. Default 1. */
  readonly weight: number;
}
