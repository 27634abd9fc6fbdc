import type { Browser } from 'playwright-core';
import type { Site } from './site.js';

/** Where a suite works: there once its tests run. */
export interface Place {
  /** For its files. */
  readonly folder: string;
  readonly browser: () => Browser;
  readonly site: () => Site;
}
