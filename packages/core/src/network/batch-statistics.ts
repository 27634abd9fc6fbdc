import * as tf from '@tensorflow/tfjs-core';
import { concatFlat, splitFlat } from '../engine/kernels/flat.js';

/** A moving statistic of batch norm and the batch's value toward which it moves. */
export interface MovingStatistic {
  readonly moving: tf.Variable;
  readonly batch: tf.Tensor;
  readonly momentum: number;
}

/**
 * `moving ← momentum · moving + (1 − momentum) · batch` for all statistics at once. As one flat vector, this
 * takes three operations for a whole network instead of four per layer. A statistic whose layer is applied
 * twice is updated twice, in order.
 */
export function moveStatistics(statistics: readonly MovingStatistic[]): void {
  const occurrences = new Map<tf.Variable, number>();
  const groups = new Map<string, MovingStatistic[]>();
  for (const statistic of statistics) {
    const occurrence = occurrences.get(statistic.moving) ?? 0;
    occurrences.set(statistic.moving, occurrence + 1);
    const key = `${occurrence} ${statistic.momentum}`;
    groups.set(key, [...(groups.get(key) ?? []), statistic]);
  }
  for (const group of groups.values()) {
    const momentum = group[0]?.momentum ?? 0;
    tf.tidy(() => {
      const moving = concatFlat(group.map((statistic) => statistic.moving));
      const batch = concatFlat(group.map((statistic) => statistic.batch));
      const moved = tf.add<tf.Tensor1D>(tf.mul(moving, momentum), tf.mul(batch, 1 - momentum));
      const parts = splitFlat(
        moved,
        group.map((statistic) => statistic.moving.shape),
      );
      group.forEach((statistic, position) => {
        const part = parts[position];
        if (part !== undefined) statistic.moving.assign(part);
      });
    });
  }
}
