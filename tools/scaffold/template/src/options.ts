import type { TaskOptions } from '@distilljs/core';

/** Options of {@link __camel__}. */
export interface __Pascal__Options extends Omit<TaskOptions, 'standardize'> {
  /** Weight of the matching term, at least 0. Default 1. */
  readonly weight: number;
}
