import { attentionParameters } from '@distilljs/vam';
import { expect, it } from 'vitest';
import { golden } from './golden.js';

type Shape = readonly [inputs: number, filters: number];

/** Stages of `blocks` blocks of two convolutions. */
const residual = (first: number, widths: readonly number[], blocks: number): Shape[] =>
  widths.flatMap((width, stage) => {
    const from = stage === 0 ? first : (widths[stage - 1] ?? 0);
    return Array.from({ length: 2 * blocks }, (_, at): Shape => [at === 0 ? from : width, width]);
  });

/** The 3×3 convolutions of each network but its first. */
const nets: Readonly<Record<string, readonly Shape[]>> = {
  resnet20: residual(16, [16, 32, 64], 3),
  wrn_16_2: residual(16, [32, 64, 128], 2),
  wrn_40_1: residual(16, [16, 32, 64], 6),
  vgg8: [
    [64, 128],
    [128, 256],
    [256, 512],
    [512, 512],
  ],
  ResNet18: residual(64, [64, 128, 256, 512], 2),
};

it.each(Object.entries(golden.G15_vam_overhead.nets))(
  '%s has the extra parameters of the cost table',
  (name, net) => {
    const shapes = nets[name.replace(/_K\d+$/, '')] ?? [];
    expect(shapes.length).toBe(net.vam_convs);
    for (const [size, expected] of [
      [8, net.b8],
      [16, net.b16],
      [32, net.b32],
    ] as const) {
      const extra = shapes.reduce(
        (sum, [inputs, filters]) =>
          sum + attentionParameters(inputs, filters, { inputs: size, filters: size }),
        0,
      );
      expect(extra).toBe(expected.extra_params);
      expect((100 * extra) / net.params).toBeCloseTo(expected.extra_percent, 10);
      const masked = shapes.reduce((sum, [inputs, filters]) => sum + 9 * inputs * filters, 0);
      expect(masked).toBe(expected.train_mults_per_step_to_modulate);
    }
  },
);
