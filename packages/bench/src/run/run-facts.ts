import type { RunConfig } from '../config/index.js';
import { loadDataset } from '../dataset/index.js';
import type { RunFacts } from '../report/index.js';
import type { DataFingerprints } from './data-fingerprints.js';
import { findMethod } from './method-catalog.js';

/**
 * What a report needs to know that the results do not say.
 *
 * @param data left out for a folder that did not keep it
 */
export function runFacts({ dataset, methods }: RunConfig, data?: DataFingerprints): RunFacts {
  const own = methods.filter(({ name }) => findMethod(name)?.ownNetwork === true);
  return { testImages: data?.test.size ?? testImages(dataset), ownNetworks: own.map(({ as }) => as) };
}

function testImages(dataset: RunConfig['dataset']): number | undefined {
  if (dataset.name === 'synthetic') return dataset.testSize;
  try {
    return loadDataset(dataset, 'test').size;
  } catch {
    // A report may be written where the data is not: it then leaves out what depends on their number.
    return undefined;
  }
}
