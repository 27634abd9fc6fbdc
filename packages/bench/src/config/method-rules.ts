import { nearestNameHint } from '@distilljs/core';
import { z } from 'zod';
import { isMapping } from './fields.js';
import type { Conflict } from './problem.js';
import { shown } from './problem.js';
import { ifRight, rightFields, rightParts } from './right-parts.js';
import { DEFAULT_METHODS, runSchema } from './schema.js';
import type { WrittenConfig } from './schema.js';
import { trialConflicts } from './tune.js';

/** Facts for the rules that no configuration contains. */
export interface Surroundings {
  /** The known methods. Default: any name passes. */
  readonly methodNames?: readonly string[] | undefined;
  /** Finds problems with the options of a known method, with paths within its entry. */
  readonly checkMethod?: ((method: WrittenMethod, student: string) => readonly Conflict[]) | undefined;
  /** Bytes that data and a batch may take. Default: half of this machine's memory. */
  readonly memory?: number | undefined;
}

export type WrittenMethod = WrittenConfig['methods'][number];

const METHOD = runSchema.shape.methods.unwrap().element;

/** Checks entries one by one, so that a wrong one does not hide the problems of the others. */
export function methodConflicts(merged: unknown, surroundings: Surroundings): readonly Conflict[] {
  const {
    methods,
    student: written,
    tune,
  } = z
    .object({
      methods: z.array(z.unknown()).default(DEFAULT_METHODS).catch([]),
      student: z.unknown().optional(),
      tune: z.record(z.string(), z.unknown()).catch({}),
    })
    .parse(merged);
  const student = rightParts(runSchema.shape.student, written);
  const model =
    student === undefined || ifRight(() => [student.model]).length === 0 ? undefined : student.model;
  const check = (method: WrittenMethod): readonly Conflict[] =>
    isForeign(method) || surroundings.methodNames?.includes(method.name) !== false
      ? (surroundings.checkMethod?.(method, model ?? 'resnet8') ?? [])
      : [];
  const earlier = new Map<string, string>();
  const byName = new Map<string, WrittenMethod | undefined>();
  const found = methods.flatMap((entry, place) => {
    const { data: right, wrong: fields } = rightFields(METHOD, entry);
    // An entry with a wrong `as` has no usable name: without it, its name could be another entry's.
    const named = right === undefined || fields.has('as') ? undefined : right;
    const wrong =
      named === undefined ? unknownName(entry, surroundings) : nameConflicts(named, earlier, surroundings);
    if (right !== undefined) wrong.push(...cohortConflicts(right, model), ...check(right));
    for (const name of namesIn(named ?? entry)) byName.set(name, right);
    return wrong.map((conflict) => ({ ...conflict, path: ['methods', place, ...conflict.path] }));
  });
  return methods.length === 0 ? [] : [...found, ...trialConflicts(tune, byName, check)];
}

/** The name of an entry, valid or not. */
function namesIn(written: unknown): readonly string[] {
  const { name, as = name } = isMapping(written) ? written : { name: written };
  return typeof as === 'string' ? [as] : [];
}

const isForeign = ({ from, given }: WrittenMethod): boolean => from !== undefined || given === true;

/** Checks the name of an entry with other mistakes. */
function unknownName(written: unknown, { methodNames }: Surroundings): Conflict[] {
  const { data } = z.object({ name: z.string() }).safeParse(written);
  return data === undefined || methodNames === undefined || methodNames.includes(data.name)
    ? []
    : [noMethod(data.name, methodNames)];
}

const noMethod = (name: string, known: readonly string[]): Conflict => ({
  path: ['name'],
  expected: 'a method',
  got: shown(name),
  hint: nearestNameHint(name, known),
});

/** Names are folders, and many file systems ignore case. */
function nameConflicts(
  written: WrittenMethod,
  earlier: Map<string, string>,
  { methodNames }: Surroundings,
): Conflict[] {
  const { name, as = name } = written;
  const found: Conflict[] = [];
  const folded = as.toLowerCase();
  if (!isForeign(written) && methodNames !== undefined && !methodNames.includes(name))
    found.push(noMethod(name, methodNames));
  const before = earlier.get(folded);
  const isTaken =
    (as !== name || isForeign(written)) &&
    methodNames?.some((known) => known.toLowerCase() === folded) === true;
  // One mistake gives one message, the most helpful one.
  if (isTaken && (before === undefined || before === as)) {
    // Methods called kd or student are the baselines of the comparison.
    const how = written.given === true ? " Give it one: { method: …, as: 'NAME' }." : '';
    const hint = `It is the name of another method.${how}`;
    found.push({ path: [as === name ? 'name' : 'as'], expected: 'a unique name', got: shown(as), hint });
  } else if (before !== undefined) {
    const expected = 'a name that no method before it has';
    const again = `Write {name: ${shown(name).slice(1, -1)}, as: another-name, options: …} to run a method twice.`;
    const hint = before === as ? again : `On many disks it is the same folder as ${before}.`;
    found.push({ path: [], expected, hint });
  }
  earlier.set(folded, as);
  return found;
}

/** A cohort needs as many models as its method has networks, including the student's, whose accuracy is compared. */
function cohortConflicts(
  { cohort, options: { networks } }: WrittenMethod,
  student: string | undefined,
): Conflict[] {
  if (cohort === undefined) return [];
  const path = ['cohort'];
  const found: Conflict[] = [];
  if (networks !== undefined && networks !== cohort.length)
    found.push({ path, expected: `${shown(networks)} models, the value of the option networks` });
  if (student !== undefined && !cohort.some((model) => model === student)) {
    const hint = 'The accuracy of its networks of this model is compared with the other methods.';
    found.push({ path, expected: `the student's model, ${student}, among them`, hint });
  }
  return found;
}
