import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import type { Network } from '../network/index.js';
import { shapeText } from '../tensor/index.js';
import type { NamedTensors, NamedVariables } from '../tensor/index.js';

/** All variables that training changes in students and auxiliary heads, by name: `student0/…`, `auxiliary/…`. */
export function trainedVariables(students: readonly Network[], auxiliary: NamedVariables): NamedVariables {
  const named: Record<string, tf.Variable> = {};
  const add = (prefix: string, variables: NamedVariables): void => {
    for (const [name, variable] of Object.entries(variables)) named[`${prefix}/${name}`] = variable;
  };
  students.forEach((student, index) => {
    add(`student${index}`, student.variables);
    add(`student${index}`, student.statistics);
  });
  add('auxiliary', auxiliary);
  return named;
}

/** Copies of the values; the caller owns them. */
export function copyValues(variables: NamedTensors): NamedTensors {
  return mapEntries(variables, (variable) => tf.keep(tf.clone(variable)));
}

/**
 * Assigns values to the variables of the same names.
 * @throws DistillError code `checkpoint` if a name is missing or a shape differs; then nothing is assigned
 */
export function assignValues(variables: NamedVariables, values: NamedTensors): void {
  for (const [name, variable] of Object.entries(variables)) {
    const value = values[name];
    const fits = value !== undefined && tf.util.arraysEqual(value.shape, variable.shape);
    if (fits) continue;
    const got = value === undefined ? 'nothing' : `shape ${shapeText(value.shape)}`;
    const expected = `a tensor of shape ${shapeText(variable.shape)}`;
    throw new DistillError({ code: 'checkpoint', where: `tensor '${name}'`, expected, got });
  }
  for (const [name, variable] of Object.entries(variables)) {
    // `assign` takes over a tensor's memory: give it a clone, so that the original stays valid.
    tf.tidy(() => {
      variable.assign(tf.clone(values[name] as tf.Tensor));
    });
  }
}

/** The tensors under `prefix/`, without it. */
export function underPrefix(tensors: NamedTensors, prefix: string): NamedTensors {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(start) ? [[name.slice(start.length), tensor]] : [],
    ),
  );
}

/** The same tensors under `prefix/`. */
export function withPrefix(tensors: NamedTensors, prefix: string): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

function mapEntries<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
