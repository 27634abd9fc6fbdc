import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from './contender.js';

/** Everything takes its turn in each of so many rounds, so that a drift of the machine meets all alike. */
const ROUNDS = 5;

/** What some contender's turns came to. */
export interface Timing {
  /** Milliseconds of each step. */
  readonly times: number[];
  /** Of all turns together. */
  wallMs: number;
  /** Processor time of the whole process meanwhile, all threads. */
  cpuMs: number;
  /** Bytes of resident memory, the largest at the end of a turn. */
  peakRss: number;
  /** Live tensors that its turns left behind. */
  tensorGrowth: number;
}

/**
 * Times contenders in rounds.
 *
 * @param plan how many steps each contender takes in all, at least one
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
