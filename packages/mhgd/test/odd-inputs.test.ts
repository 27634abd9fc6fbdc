import { arrayDataset, createNetwork, distill } from '@distilljs/core';
import type { Dataset, Network } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { kdSvd, mhgd } from '../src/index.js';

interface Shape {
  readonly channels: number;
  /** Edge of images; three convolutions without padding take 6 off it. */
  readonly edge?: number;
  readonly kernels?: 'zeros' | 'ones';
}

/** Three convolutions, `stage1` to `stage3`, and a dense layer. */
function network(seed: number, { channels, edge = 8, kernels }: Shape): Network {
  const kernelInitializer = (): ReturnType<typeof initializers.glorotUniform> =>
    kernels === undefined ? initializers.glorotUniform({ seed }) : initializers[kernels]();
  const conv = (stage: number): layers.Layer =>
    layers.conv2d({
      name: `stage${stage}`,
      filters: channels,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: kernelInitializer(),
      ...(stage === 1 && { inputShape: [edge, edge, 1] }),
    });
  return createNetwork(
    sequential({
      layers: [conv(1), conv(2), conv(3), layers.flatten(), layers.dense({ units: 2, name: 'logits' })],
    }),
  );
}

function images(edge: number, pixel: (at: number) => number): Dataset {
  return arrayDataset({
    images: Uint8Array.from({ length: 8 * edge * edge }, (_, at) => pixel(at)),
    labels: Int32Array.from({ length: 8 }, (_, image) => image % 2),
    imageShape: [edge, edge, 1],
    classes: 2,
  });
}

const various = (at: number): number => (at * 97) % 251;

await describeOnEngines('odd networks and images', () => {
  it.each<[string, Shape, Shape, (at: number) => number]>([
    ['maps of 1×1 at the end', { channels: 4, edge: 7 }, { channels: 6, edge: 7 }, various],
    ['maps of one channel', { channels: 1 }, { channels: 1 }, various],
    ['a student of one channel', { channels: 1 }, { channels: 3 }, various],
    ['a student that is dead', { channels: 3, kernels: 'zeros' }, { channels: 3 }, various],
    ['a teacher that is dead', { channels: 3 }, { channels: 3, kernels: 'zeros' }, various],
    [
      'channels that are all alike',
      { channels: 3, kernels: 'ones' },
      { channels: 3, kernels: 'ones' },
      various,
    ],
    ['images that are all alike', { channels: 3 }, { channels: 4 }, (at) => various(at % 64)],
    ['images of one colour', { channels: 3 }, { channels: 3 }, (at) => 30 * Math.floor(at / 64)],
  ])('%s: both methods train, and every term is finite', async (_, ofStudent, ofTeacher, pixel) => {
    for (const method of [mhgd({ headEpochs: 1, heads: 2 }), kdSvd({ kdWeight: 0.5 })]) {
      const [student, teacher] = [network(1, ofStudent), network(2, ofTeacher)];
      const train = images(ofStudent.edge ?? 8, pixel);
      const run = { students: [student], teacher, method, train, epochs: 1, batchSize: 2, seed: 1 } as const;
      const result = await distill(run);
      for (const { terms } of result.history)
        for (const [name, { value }] of Object.entries(terms))
          expect([name, Number.isFinite(value)]).toEqual([name, true]);
      for (const variable of Object.values(student.variables))
        expect([...variable.dataSync()].every(Number.isFinite)).toBe(true);
      result.dispose();
      student.dispose();
      teacher.dispose();
    }
  });
});
