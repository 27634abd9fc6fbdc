import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createRandom } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSameOutcome, outcomeOf } from '../faults/bench-process.js';
import { bundledCli } from '../run/bundled-cli.js';
import { TINY_RUN } from '../run/tiny-run.js';
import { noRedis, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';

/** `npm run queue-faults -- --kills N --seeds N --seed N` sets them. */
const KILLS = Number(process.env['QUEUE_KILLS'] ?? 2);
const SEEDS = Number(process.env['QUEUE_SEEDS'] ?? 1);
const SEED = Number(process.env['QUEUE_SEED'] ?? 1);
const WORKERS = 3;
/** Seconds. */
const LOCK = 2;

const folder = mkdtempSync(join(tmpdir(), 'queue-kills-'));
const seeds = Array.from({ length: SEEDS }, (_, seed) => seed).join();
const RUN = [...TINY_RUN, '--methods', 'student,kd', '--seeds', seeds];
let script = '';
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (script !== '') rmSync(dirname(script), { recursive: true, force: true });
});

interface Bench {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly said: string }>;
}

function start(...args: readonly string[]): Bench {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, DISTILLJS_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    child,
    ended: new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code, out, said });
      });
    }),
  };
}

async function done(...args: readonly string[]): Promise<string> {
  const { code, out, said } = await start(...args).ended;
  expect(code, said).toBe(0);
  return out;
}

/** Processes that train at this moment, by the locks of their cells. */
function trainings(run: string): number[] {
  const locks = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?:teacher|\d+)\/lock\.json$/.test(file),
  );
  return locks.flatMap((file) => {
    try {
      return [(JSON.parse(readFileSync(join(run, file), 'utf8')) as { readonly pid: number }).pid];
    } catch {
      // It has ended in the meantime.
      return [];
    }
  });
}

describe.skipIf(noRedis !== undefined)(`three workers (${noRedis ?? 'Redis'})`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    script = await bundledCli();
  }, 120_000);
  afterAll(() => {
    server.stop();
  });

  it(
    `come to the same as one process after ${KILLS} kills, each cell done once`,
    { timeout: 300_000 + KILLS * 60_000 },
    async () => {
      await done('run', ...RUN, '--out', join(folder, 'one'));
      const one = outcomeOf(join(folder, 'one'));
      const flags = ['--queue', server.url, '--root', folder];
      const worker = (): Bench =>
        start('worker', ...flags, '--capability', 'wasm', '--lock', String(LOCK), '--backoff', '0.2');
      const workers = Array.from({ length: WORKERS }, worker);
      const random = createRandom(SEED);
      const hits = { worker: 0, training: 0, stopped: 0, server: 0 };
      const kills = (): number => hits.worker + hits.training + hits.stopped + hits.server;

      const disturb = async (run: string): Promise<void> => {
        const at = random.integer(WORKERS);
        const victim = workers[at]?.child;
        const kind = random.integer(8);
        if (hits.server === 0 && kills() >= Math.floor(KILLS / 2)) {
          await server.restart();
          hits.server += 1;
        } else if (kind === 0 && KILLS > 3) {
          victim?.kill('SIGSTOP');
          await wait(2.5 * LOCK * 1000);
          victim?.kill('SIGCONT');
          hits.stopped += 1;
        } else if (kind < 4) {
          victim?.kill('SIGKILL');
          workers[at] = worker();
          hits.worker += 1;
        } else {
          const pids = trainings(run);
          const pid = pids[random.integer(Math.max(1, pids.length))];
          if (pid === undefined) return;
          try {
            process.kill(pid, 'SIGKILL');
            hits.training += 1;
          } catch {
            // It has ended in the meantime.
          }
        }
      };

      for (let round = 0; kills() < KILLS; round++) {
        const run = join(folder, `many-${round}`);
        await done('run', ...RUN, '--out', run, '--prepare');
        await done('submit', run, ...flags, '--attempts', '500');
        const isDone = (): boolean => existsSync(join(run, 'report/index.html'));
        while (kills() < KILLS && !isDone()) {
          // Not before something is under way, so that little is hit that says nothing.
          while (trainings(run).length === 0 && !isDone()) await wait(20);
          await wait(random.integer(700));
          await disturb(run);
        }
        // A report that was killed, or whose lock was lost, is written once more.
        const watched = async () =>
          JSON.parse(await done('watch', run, ...flags, '--json')) as { readonly isOpen: boolean };
        while (!isDone() || trainings(run).length > 0 || (await watched()).isOpen) await wait(200);
        expect(await watched()).toMatchObject({
          cells: 1 + 2 * SEEDS,
          done: 1 + 2 * SEEDS,
          running: [],
          aside: {},
          isOpen: false,
          queues: { wasm: { waiting: 0, active: 0, delayed: 0 } },
        });
        expect(await done('watch', run, '--once')).toMatch(/^(\d+) of \1 done \| 0 running \| 0 left \|?/);
        expectSameOutcome(run, one);
      }
      console.info(`Killed: ${JSON.stringify(hits)}`);

      for (const { child } of workers) child.kill('SIGTERM');
      const ends = await Promise.all(workers.map(({ ended }) => ended));
      for (const { code, said } of ends) {
        expect(code, said).toBe(130);
        expect(said).not.toMatch(/set aside|\n\s+at /);
      }
    },
  );
});
