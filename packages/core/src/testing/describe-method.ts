import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpoints } from '../callback/index.js';
import { memoryStore } from '../checkpoint/index.js';
import { resolveEngine } from '../engine/index.js';
import { isDistillError } from '../error/index.js';
import type { Method } from '../method/index.js';
import type { Network } from '../network/index.js';
import { distill, sgd } from '../train/index.js';
import type { Callback, DistillOptions, DistillResult } from '../train/index.js';
import type { Run } from '../train/state.js';
import { BATCH, copyStatistics, eachPhase, equalizeStatistics, oneStep } from './one-step.js';
import { expectLeftOut } from './partly-labelled.js';
import type { TestEngine } from './test-engines.js';
import { tinyDataset } from './tiny-dataset.js';
import { tinyNetwork } from './tiny-network.js';
import { unmovedVariables } from './unmoved-variables.js';
import { weightBytes } from './weights.js';

/** What the suite needs to know about a method. */
export interface MethodConformance {
  /** The engines to run on: `await testEngines()`. */
  readonly engines: readonly TestEngine[];
  /** A fresh method that fits 3 classes, batches of 12 and the taps of {@link tinyNetwork}. */
  readonly method: () => Method;
  /** False for a method that trains without a teacher. */
  readonly needsTeacher: boolean;
  /** Number of students. Default 1. */
  readonly students?: number | undefined;
  /** A fresh student for 6×6×2 images and 3 classes. Default: {@link tinyNetwork} of width 4. */
  readonly student?: ((seed: number) => Network) | undefined;
  /** Calls that must throw a DistillError, each with a pattern that its message must match. */
  readonly refused: readonly { readonly make: () => Method; readonly message: RegExp }[];
  /** The method with a tap that no network has; omitted if the method reads no taps. */
  readonly wrongTap?: (() => Method) | undefined;
  /** Terms that are 0 when the student equals the teacher. */
  readonly zeroAtEquality?: readonly string[] | undefined;
}

/**
 * The conformance suite that every technique runs on itself: finite terms; gradients for exactly the declared
 * variables; an unchanged teacher; no tensor leaks; equal results for equal seeds; refusals; resume; dispose.
 */
export function describeMethod(name: string, given: MethodConformance): void {
  const { method, needsTeacher, refused, wrongTap, zeroAtEquality = [] } = given;

  describe(`${name}: refusals`, () => {
    it.each(refused.map((entry) => [String(entry.message), entry] as const))(
      'says %s',
      (_, { make, message }) => {
        const error = caught(make);
        expect(isDistillError(error)).toBe(true);
        expect(String(error)).toMatch(message);
      },
    );
  });

  for (const engine of given.engines) {
    const title = `${name} on ${engine.name}${engine.skipped === undefined ? '' : ` (skipped: ${engine.skipped})`}`;
    describe.skipIf(engine.skipped !== undefined)(title, () => {
      const networks: Network[] = [];
      const made = (network: Network): Network => {
        networks.push(network);
        return network;
      };
      const options = (method_: Method, students = freshStudents(given).map(made)): DistillOptions => ({
        teacher: needsTeacher ? made(tinyNetwork(1, { width: 6 })) : undefined,
        students,
        method: method_,
        train: tinyDataset(4 * BATCH, 1),
        epochs: 2,
        batchSize: BATCH,
        seed: 1,
      });
      beforeAll(async () => {
        await resolveEngine(engine.name);
      });
      afterAll(() => {
        for (const network of networks) network.dispose();
      });

      it('gives finite scalar terms, and gradients for exactly the declared variables', async () => {
        await eachPhase(options(method()), (run, index) => {
          const phase = run.plan.phases[index] as Run['plan']['phases'][number];
          const { gradients, updates, values, labels } = oneStep(run, index);
          expect(labels.some((label) => label.kind === 'term')).toBe(true);
          for (const value of values.dataSync()) expect(Number.isFinite(value)).toBe(true);
          updates.forEach((update, position) => {
            const found = gradients[position] ?? {};
            expect(Object.keys(found).sort(), `update '${update.name}'`).toEqual(
              Object.keys(update.variables).sort(),
            );
            const largest = tf.tidy(
              () => tf.max(tf.stack(Object.values(found).map((g) => tf.max(tf.abs(g))))).dataSync()[0],
            );
            expect(largest, `largest gradient of update '${update.name}'`).toBeGreaterThan(0);
            expect(largest).toBeLessThan(Infinity);
          });
          tf.dispose([values, ...gradients.flatMap((found) => Object.values(found))]);
          expect(phase.epochs).toBeGreaterThan(0);
        });
      });

      it('leaves images without labels out of the terms with labels, where it takes any', async () => {
        await expectLeftOut(options(method()));
      });

      it.runIf(needsTeacher)('leaves the teacher as it is', async () => {
        const setup = options(method());
        const teacher = setup.teacher as Network;
        const before = weightBytes(teacher);
        (await distill(setup)).dispose();
        expect(weightBytes(teacher)).toEqual(before);
      });

      it('moves every declared variable', async () => {
        // Weight decay would move variables that no gradient reaches; a warm-up may freeze some for epochs.
        const optimizer = sgd({ learningRate: 0.05, weightDecay: 0 });
        expect(await unmovedVariables({ ...options(method()), optimizer, epochs: 8 })).toEqual([]);
      });

      const repeats = engine.name !== 'node';
      it.skipIf(!repeats)(
        `gives the same weights for the same seed, and others for another${repeats ? '' : ' (skipped: engine node does not repeat to the byte)'}`,
        async () => {
          const run = async (seed: number): Promise<Uint8Array[]> => {
            const result = await distill({ ...options(method()), seed });
            result.dispose();
            return result.students.map((student) => weightBytes(student));
          };
          const first = await run(1);
          expect(await run(1)).toEqual(first);
          expect(await run(2)).not.toEqual(first);
        },
      );

      it.runIf(engine.name === 'node')(
        'asks for the same in every step that engine node repeats, where it calls itself repeatable',
        async () => {
          process.env['DISTILLJS_REPEAT'] = 'check';
          try {
            // An epoch's first step is never repeated; a later step must match what an earlier one recorded.
            (await distill({ ...options(method()), train: tinyDataset(5 * BATCH, 1) })).dispose();
          } finally {
            delete process.env['DISTILLJS_REPEAT'];
          }
        },
      );

      it('keeps the number of live tensors from the second step on', async () => {
        // Each phase has its own optimizers, hence its own number of tensors.
        const counts = new Map<string, number[]>();
        const count: Callback = {
          name: 'count',
          step: (_, { phase }) => {
            counts.set(phase.name, [...(counts.get(phase.name) ?? []), tf.memory().numTensors]);
          },
        };
        const result = await distill({ ...options(method()), epochs: 3, callbacks: [count] });
        result.dispose();
        for (const [phase, levels] of counts) {
          expect(levels.length, `phase ${phase}`).toBeGreaterThan(2);
          expect(new Set(levels.slice(1)).size, `phase ${phase}`).toBe(1);
        }
      });

      it('frees everything that it made', async () => {
        const setup = options(method());
        const before = tf.memory().numTensors;
        const result = await distill(setup);
        result.dispose();
        expect(tf.memory().numTensors).toBe(before);
      });

      it('goes on from a checkpoint as if it had not stopped', async () => {
        const whole = await distill(options(method()));
        const store = memoryStore();
        const stop = new AbortController();
        const half = Math.floor(whole.history.reduce((sum, epoch) => sum + epoch.steps, 0) / 2) + 1;
        const kill = {
          name: 'kill',
          step: (_: unknown, { done }: { readonly done: number }) => {
            if (done === half) stop.abort();
          },
        };
        const broken = { ...options(method()), callbacks: [checkpoints(store), kill], signal: stop.signal };
        const stopped = await distill(broken);
        expect(stopped.stopped?.reason).toBe('aborted');
        const resumed = await distill({
          ...options(method(), freshStudents(given, 50).map(made)),
          callbacks: [checkpoints(store)],
        });
        expect(withoutTimes(resumed)).toEqual(withoutTimes(whole));
        if (engine.name !== 'node') {
          expect(resumed.students.map(weightBytes)).toEqual(whole.students.map(weightBytes));
        }
        for (const result of [whole, stopped, resumed]) result.dispose();
      });

      it.runIf(wrongTap !== undefined)('names the taps there are when one is wrong', async () => {
        const error = await distill(options(wrongTap?.() ?? method())).catch((thrown: unknown) => thrown);
        expect(isDistillError(error) && error.code).toBe('tap');
        expect(String(error)).toMatch(/(?:Available|names): .*stage1/);
      });

      it.runIf(needsTeacher)('asks for a teacher when there is none', async () => {
        const error = await distill({ ...options(method()), teacher: undefined }).catch(
          (thrown: unknown) => thrown,
        );
        expect(isDistillError(error)).toBe(true);
        expect(String(error)).toMatch(/expected a teacher, got none/);
      });

      it.runIf(zeroAtEquality.length > 0)('is 0 when the student equals the teacher', async () => {
        // The teacher runs in inference mode: its moving statistics must equal the student's batch statistics.
        const student = made(tinyNetwork(1, { width: 6 }));
        equalizeStatistics(student);
        const teacher = made(tinyNetwork(1, { width: 6 }));
        copyStatistics(student, teacher);
        await eachPhase({ ...options(method(), [student]), teacher }, (run, index) => {
          const { values, labels, gradients } = oneStep(run, index);
          const found = values.dataSync();
          for (const term of zeroAtEquality) {
            const at = labels.findIndex((label) => label.kind === 'term' && label.term === term);
            expect(at, `term '${term}'`).toBeGreaterThanOrEqual(0);
            expect(Math.abs(found[at] ?? NaN), `term '${term}'`).toBeLessThan(1e-4);
          }
          tf.dispose([values, ...gradients.flatMap((entry) => Object.values(entry))]);
        });
      });
    });
  }
}

function freshStudents({ students = 1, student }: MethodConformance, seed = 2): Network[] {
  const make = student ?? ((of: number) => tinyNetwork(of, { width: 4 }));
  return Array.from({ length: students }, (_, index) => make(seed + index));
}

function caught(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

const withoutTimes = ({ history }: DistillResult): unknown =>
  history.map((epoch) => ({ ...epoch, seconds: 0 }));
