import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectKnown } from '../option/index.js';
import type { ModelPlace } from './place.js';
import type { LoadOptions } from './read-artifacts.js';

/**
 * Loads a layers model from a folder or its JSON file (a path or `file:` URL), a tfjs URL, or its files. The
 * graph is checked before tfjs builds it; all weights must be present and finite.
 *
 * @throws DistillError code `data` for anything that cannot be loaded, with a hint: a graph model, a Keras 3
 *   model, a class that tfjs-layers lacks, a damaged file, a server that does not answer; code `option` for
 *   wrong arguments
 */
export async function loadModel(place: ModelPlace, options: LoadOptions = {}): Promise<LayersModel> {
  expectKnown('loadModel', options, ['timeout']);
  // Loaded with the first model: most pages that train never read one.
  const [{ readArtifacts }, { layersModelOf }] = await Promise.all([
    import('./read-artifacts.js'),
    import('./build-model.js'),
  ]);
  return layersModelOf(await readArtifacts(place, options));
}
