import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from '@distilljs/core';
import { timePasses } from './pass-times.js';
import type { PassTimes } from './pass-times.js';

/** A single image, as in an application, and a batch that fills the engine. */
const BATCHES = [1, 64];
/** Limits per batch size; short, because a run measures every method. */
const TIMING = { patience: 400, mostPasses: 30 };

/** Size and latency of a saved network. */
export interface NetworkCost {
  readonly modelBytes: number;
  readonly latency?: readonly PassTimes[] | undefined;
}

/**
 * Measures the size of a saved network, and times it on the current engine.
 *
 * @param place its folder
 * @param isTimed false leaves `latency` out
 */
export async function networkCost(place: string, isTimed: boolean): Promise<NetworkCost> {
  const files = (await readdir(place)).filter((name) => name === 'model.json' || name.endsWith('.bin'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(place, name))).size));
  const modelBytes = sizes.reduce((sum, size) => sum + size, 0);
  if (!isTimed) return { modelBytes };
  const model = await loadModel(place);
  try {
    const [, height, width, channels] = model.inputs[0]?.shape ?? [];
    // A network that takes any image size has no definite latency.
    if (height == null || width == null || channels == null) return { modelBytes };
    const latency: PassTimes[] = [];
    for (const batch of BATCHES)
      latency.push(await timePasses(model, { batch, imageSize: [height, width, channels], ...TIMING }));
    return { modelBytes, latency };
  } finally {
    model.dispose();
  }
}
