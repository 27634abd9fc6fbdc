import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from './contender.js';

/** Number of rounds; every contender has a turn in each, so that drift of the machine affects all equally. */
const ROUNDS = 5;

/** Measurements over a contender's turns. */
export interface Timing {
  /** Milliseconds of each step. */
  readonly times: number[];
  /** Wall-clock time of all turns together. */
  wallMs: number;
  /** CPU time of the whole process in that time, over all threads. */
  cpuMs: number;
  /** Largest resident memory at the end of a turn, in bytes. */
  peakRss: number;
  /** Live tensors that its turns left behind. */
  tensorGrowth: number;
}

/**
 * Times contenders in rounds.
 *
 * @param plan total steps of each contender, at least one
 * @param tell called before each turn
 */
export async function runRounds(
  plan: ReadonlyMap<Contender, number>,
  tell: (turn: string, steps: number) => void,
): Promise<ReadonlyMap<Contender, Timing>> {
  const timings = new Map(
    [...plan.keys()].map((contender) => {
      const timing: Timing = { times: [], wallMs: 0, cpuMs: 0, peakRss: 0, tensorGrowth: 0 };
      return [contender, timing];
    }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const [contender, timing] of timings) {
      const steps = plan.get(contender) ?? 0;
      const share = Math.floor((steps * (round + 1)) / ROUNDS) - Math.floor((steps * round) / ROUNDS);
      if (share === 0) continue;
      tell(`round ${round + 1} of ${ROUNDS}, ${contender.name}`, share);
      await takeTurn(contender, share, timing);
    }
  }
  return timings;
}

async function takeTurn(contender: Contender, steps: number, timing: Timing): Promise<void> {
  const tensors = tf.memory().numTensors;
  const cpu = process.cpuUsage();
  const started = performance.now();
  timing.times.push(...(await contender.turn(steps)));
  timing.wallMs += performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  timing.cpuMs += (user + system) / 1000;
  timing.peakRss = Math.max(timing.peakRss, process.memoryUsage.rss());
  timing.tensorGrowth += tf.memory().numTensors - tensors;
}
