import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import type { Images, Logits, NamedTensors } from '../tensor/index.js';
import { askTeacher } from './ask-teacher.js';
import type { FrozenNetwork, Network } from './contract.js';
import { expectNetwork } from './expect-network.js';
import { readGraph } from './graph.js';
import { limitingActivation, LINEAR_END } from './logits.js';

/**
 * A warning if a teacher's "logits" look like probabilities: no value is negative and each row sums to 1. This
 * happens when an unknown layer ends in a softmax. Otherwise undefined.
 *
 * @param taps taps that the run reads: the teacher folds its layers for them
 * @throws DistillError code `network` for logits that are not finite
 */
export async function probabilityWarning(
  teacher: FrozenNetwork,
  images: Images,
  taps?: readonly string[],
): Promise<string | undefined> {
  expectNetwork('probabilityWarning', teacher);
  // A teacher known to give logits is not run, which may be expensive; finite weights suffice.
  if (teacher.givesLogits === true && (await oddWeight(teacher.weights)) === undefined) return undefined;
  const { logits, dispose } = await askTeacher(teacher, images, taps);
  const looksLike = await areProbabilities(`teacher '${teacher.name}'`, logits, teacher.weights).finally(
    dispose,
  );
  if (teacher.givesLogits === true || !looksLike) return undefined;
  return `The outputs of teacher '${teacher.name}' ${PROBABILITIES}${SAY_SOFTMAX}`;
}

const PROBABILITIES = 'look like probabilities: none is negative and each row sums to 1. ';
const SAY_SOFTMAX =
  "Losses expect logits. If they are probabilities, say logitsFrom: 'softmax' where the teacher is made: to createNetwork, loadTeacher or teacherFrom, or as teacher.logitsFrom in a configuration.";

/**
 * The same for rows that were computed before training.
 *
 * @param isPart the rows have only some of the teacher's classes, so that each sums to 1 or less
 */
export function rowsWarning(values: Float32Array, columns: number, isPart: boolean): string | undefined {
  if (!lookLikeProbabilities(values, columns, isPart)) return undefined;
  return `teacherOutputs.rows.logits ${PROBABILITIES}${SAY_SOFTMAX}`;
}

/**
 * The same for a student before training: every loss would apply a second softmax. Also warns if an activation
 * bounds the logits.
 *
 * @throws DistillError code `network` for logits that are not finite
 */
export async function studentWarning(
  where: string,
  student: Network,
  images: Images,
): Promise<string | undefined> {
  const name = `${where} '${student.name}'`;
  const logits = tf.tidy(() => student.forward(images).logits);
  const weights = { ...student.variables, ...student.statistics };
  const looksLike = await areProbabilities(name, logits, weights).finally(() => {
    logits.dispose();
  });
  if (looksLike) return `The outputs of ${name} ${PROBABILITIES}${LINEAR_END}`;
  const activation = limitingActivation(readGraph(student.model));
  if (activation === undefined) return undefined;
  return `The logits of ${name} have gone through ${activation}, which limits them. ${LINEAR_END}`;
}

/** The name of the first weight with a value that is not finite. */
async function oddWeight(weights: NamedTensors): Promise<string | undefined> {
  for (const [name, weight] of Object.entries(weights))
    if (!(await weight.data()).every(Number.isFinite)) return name;
  return undefined;
}

async function areProbabilities(where: string, logits: Logits, weights: NamedTensors): Promise<boolean> {
  const values = await logits.data<'float32'>();
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    const odd = await oddWeight(weights);
    throw new DistillError({
      code: 'network',
      where: `${where}, logits of the first training images`,
      expected: 'finite numbers',
      got: String(wrong),
      hint: odd === undefined ? undefined : `Its weight '${odd}' holds NaN or Infinity.`,
    });
  }
  return lookLikeProbabilities(values, logits.shape[1], false);
}

function lookLikeProbabilities(values: Float32Array, columns: number, isPart: boolean): boolean {
  for (let at = 0; at < values.length; at += columns) {
    const row = values.subarray(at, at + columns);
    const more = row.reduce((sum, p) => sum + p, -1);
    if (more > 1e-3 || (!isPart && more < -1e-3) || row.some((p) => p < 0)) return false;
  }
  return columns >= 2 && values.length > 0;
}
