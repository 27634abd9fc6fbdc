import type { CheckedDataset } from '../data/index.js';
import { isOutOfMemory } from '../engine/out-of-memory.js';
import { asDistillError } from '../error/first-line.js';
import { describeValue, DistillError, isDistillError, nearestNameHint } from '../error/index.js';
import { missingTeacher } from '../method/define-method.js';
import type { Method, Phase, Plan, PlanContext } from '../method/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';
import { expectOption, listOf, nonNegative, optional, text } from '../option/index.js';
import { expectCount, expectOptimizer } from './check-options.js';
import { isNamed } from './flat-variables.js';
import { trainedVariables } from './named-state.js';

/**
 * Refuses a plan that could not run to its end, or that would leave a student untrained.
 *
 * @throws DistillError codes `contract`, `option`, `tap`
 */
export function expectPlan(
  method: Method,
  { phases, auxiliary }: Plan,
  students: readonly Network[],
  teacher: FrozenNetwork | undefined,
): void {
  const broken = (where: string, expected: string, got: string): never => {
    throw new DistillError({ code: 'contract', where: `method '${method.name}', ${where}`, expected, got });
  };
  if (phases.length === 0) broken('plan', 'at least one phase', 'none');
  const saved = new Set(Object.values(trainedVariables(students, auxiliary)));
  for (const { name, epochs, reads, updates } of phases) {
    const where = `phase '${name}'`;
    if (reads.teacher !== undefined && teacher === undefined) throw missingTeacher(method.name);
    if (updates.length === 0) broken(where, 'at least one update', 'none');
    if ((reads.students?.length ?? 0) > students.length) {
      broken(where, `at most ${students.length} students`, `${reads.students?.length ?? 0}`);
    }
    const lists: readonly unknown[] = [reads.teacher, ...Array.from(reads.students ?? [])];
    for (const list of lists)
      expectOption(`method '${method.name}', ${where}, taps that it reads`, list, optional(listOf(text)));
    // Wrong taps of a late phase must fail now, not after hours.
    try {
      reads.teacher?.forEach((tap) => teacher?.tapShape(tap));
      reads.students?.forEach((taps, index) => taps?.forEach((tap) => students[index]?.tapShape(tap)));
    } catch (error) {
      throw withOption(error, method, teacher);
    }
    const names = updates.map((update) => update.name);
    if (new Set(names).size < names.length) broken(where, 'updates of different names', names.join(', '));
    for (const update of updates) {
      const own = `${where}, update '${update.name}'`;
      if (Object.keys(update.variables).length === 0) broken(own, 'at least one variable to train', 'none');
      const lost = Object.entries(update.variables).find(([, variable]) => !saved.has(variable));
      if (lost !== undefined) {
        broken(own, 'variables of a student or of `auxiliary`, which checkpoints hold', `'${lost[0]}'`);
      }
    }
    expectCount(`method '${method.name}', ${where}, epochs`, epochs);
  }
  expectAllRead(method.name, phases, students);
  const names = phases.map(({ name }) => name);
  if (new Set(names).size < names.length) broken('plan', 'phases of different names', names.join(', '));
}

/** Number of positions within a phase at which a schedule is tested. */
const TRIED_RATES = 1000;

/**
 * Tests schedules, which may be user functions, so that errors appear before training, not in the hundredth
 * epoch.
 *
 * @returns warnings about names in `noDecay` that no trained variable has
 * @throws DistillError code `option` for a learning rate that is no number of at least 0
 */
export function checkOptimizers(method: string, phases: readonly Phase[]): readonly string[] {
  for (const { name, epochs, updates } of phases) {
    for (const update of updates) {
      if (update.optimizer.learningRate === undefined) continue;
      for (let tried = 0; tried < TRIED_RATES; tried++) {
        const epoch = (epochs * tried) / TRIED_RATES;
        const rate: unknown = update.optimizer.learningRate({ epoch, epochs });
        const expected = nonNegative(rate);
        if (expected === undefined) continue;
        throw new DistillError({
          code: 'option',
          where: `method '${method}', phase '${name}', learning rate of update '${update.name}' at epoch ${epoch} of ${epochs}`,
          expected,
          got: describeValue(rate),
        });
      }
    }
  }
  return unmatchedNoDecay(phases.flatMap(({ updates }) => updates));
}

/** A list that suits many networks may name what one of them lacks, so this is a warning. */
function unmatchedNoDecay(updates: Phase['updates']): readonly string[] {
  const trained = updates.flatMap(({ variables }) => Object.keys(variables));
  const lastParts = [...new Set(trained.map((name) => name.replace(/.*\//, '')))].sort();
  const lines = updates.flatMap(({ optimizer: { name, options } }) => {
    const { noDecay, weightDecay } = options;
    // A user's own optimizer may have any options.
    if (weightDecay === 0 || listOf(text)(noDecay) !== undefined) return [];
    return (noDecay as readonly string[])
      .filter((entry) => !trained.some((variable) => isNamed(variable, entry)))
      .map(
        (entry) =>
          `${name}.noDecay: nothing trained is named '${entry}'. ${nearestNameHint(entry, lastParts)}`,
      );
  });
  return [...new Set(lines)];
}

/** Refuses a student that never runs but would be validated and saved. A plan may run no student at all. */
function expectAllRead(method: string, phases: readonly Phase[], students: readonly Network[]): void {
  const read = students.map((_, index) => phases.some((phase) => runsStudent(phase, index)));
  const idle = read.indexOf(false);
  if (idle === -1 || !read.includes(true)) return;
  const taken = read.filter(Boolean).length;
  throw new DistillError({
    code: 'option',
    where: `students[${idle}] '${students[idle]?.name ?? ''}'`,
    expected: `a student that method '${method}' trains`,
    got: 'one that no phase reads',
    hint: `The method takes ${taken} of these ${students.length} students.`,
  });
}

/**
 * Refuses data that a method cannot use: images without labels, or with weights.
 *
 * @throws DistillError code `data`
 */
export function expectServed(method: string, phases: readonly Phase[], train: CheckedDataset): void {
  const refuse = (phase: Phase, expected: string, got: string, hint: string): never => {
    const where = `method '${method}', phase '${phase.name}', dataset '${train.name}'`;
    throw new DistillError({ code: 'data', where, expected, got, hint });
  };
  const without = train.labels.reduce((count, label) => count + (label < 0 ? 1 : 0), 0);
  const isNoneSeen = train.labels.every((label, at) => label < 0 || train.weights?.[at] === 0);
  const learns = phases.find(
    ({ reads }) => reads.labels !== false && (reads.labels !== 'some' || isNoneSeen),
  );
  if (learns !== undefined && without > 0) {
    refuse(
      learns,
      `a label for ${learns.reads.labels === 'some' ? 'some training images' : 'every training image'}, which a term of it needs`,
      `${without} of ${train.size} without${isNoneSeen && without < train.size ? ', the others of weight 0' : ''}`,
      'Take a method without such a term, for instance `kd({ ceWeight: 0 })`, or only the labelled images.',
    );
  }
  const unweighted = phases.find(({ reads }) => reads.weights !== true);
  if (unweighted !== undefined && train.weights !== undefined) {
    refuse(
      unweighted,
      'images without weights: its terms do not weigh images',
      'weights',
      'Leave `weights` out, or take a method that uses them, for instance `kd()`.',
    );
  }
}

/**
 * Makes a plan. An error about a tap says which option of the method named it.
 *
 * @throws DistillError for whatever the method refuses
 */
export async function planOf(method: Method, context: PlanContext): Promise<Plan> {
  try {
    const plan: unknown = await method.plan(context);
    expectPlanForm(`method '${method.name}'`, plan);
    return plan;
  } catch (error) {
    const where = `method '${method.name}', plan`;
    const told = isOutOfMemory(error)
      ? error
      : asDistillError(error, { code: 'contract', where, expected: 'a plan' });
    throw withOption(told, method, context.teacher);
  }
}

/** Checks the form of a plan, which may come from user code; {@link expectPlan} checks the rest. */
function expectPlanForm(where: string, plan: unknown): asserts plan is Plan {
  const partOf = (owner: string, value: unknown, parts: Readonly<Record<string, string>>): void => {
    const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
      Record<string, unknown>
    >;
    for (const [name, kind] of Object.entries(parts)) {
      const part = given[name];
      if (kind === 'list' ? Array.isArray(part) : typeof part === kind && part !== null) continue;
      const expected = `${kind === 'object' ? 'an' : 'a'} ${kind}`;
      throw new DistillError({
        code: 'contract',
        where: `${owner}, ${name}`,
        expected,
        got: describeValue(part),
      });
    }
  };
  partOf(`${where}, plan`, plan, {
    phases: 'list',
    auxiliary: 'object',
    cost: 'object',
    dispose: 'function',
  });
  for (const [at, phase] of (plan as Plan).phases.entries()) {
    const owner = `${where}, phases[${at}]`;
    partOf(owner, phase, { name: 'string', reads: 'object', updates: 'list' });
    for (const [index, update] of phase.updates.entries()) {
      const place = `${owner}, updates[${index}]`;
      partOf(place, update, { name: 'string', variables: 'object', terms: 'function' });
      expectOptimizer(`${place}, optimizer`, update.optimizer);
    }
  }
}

/**
 * Names the option that holds the wrong tap. If several do, the one that starts with the network's role is
 * meant.
 */
function withOption(error: unknown, { name, options }: Method, teacher: FrozenNetwork | undefined): unknown {
  if (!isDistillError(error) || error.code !== 'tap') return error;
  const names = (value: unknown): boolean =>
    Array.isArray(value) ? value.some(names) : error.got === `'${String(value)}'`;
  const naming = Object.entries(options)
    .filter(([, value]) => names(value))
    .map(([option]) => option);
  const role = error.where.startsWith(`network '${teacher?.name ?? ''}'`) ? 'teacher' : 'student';
  const option = naming.find((key) => key.startsWith(role)) ?? naming[0];
  if (option === undefined) return error;
  const { code, where, expected, got, hint } = error;
  return new DistillError({
    ...{ code, expected, got, hint, cause: error },
    where: `${where}, option '${option}' of method '${name}'`,
  });
}

/** True if a step of the phase runs this student. */
export const runsStudent = ({ reads }: Phase, index: number): boolean =>
  reads.students?.[index] !== undefined;

/** True if a step of the phase may change weights of this student. */
export function trainsStudent({ updates }: Phase, { variables }: Network): boolean {
  const own = new Set(Object.values(variables));
  return updates.some((update) => Object.values(update.variables).some((variable) => own.has(variable)));
}
