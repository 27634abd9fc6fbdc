import { nearestNameHint } from '@distilljs/core';
import type { Path } from './layer.js';
import type { WrittenConfig } from './schema.js';

/** Something that no field can tell by itself. */
export interface Conflict {
  readonly path: Path;
  readonly expected: string;
  /** What is there, where a shorthand has no value at the path. */
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
}

/**
 * What does not fit together in a configuration whose fields are right one by one.
 *
 * @param methodNames methods that there are; default: any name passes
 */
export function conflicts(written: WrittenConfig, methodNames?: readonly string[]): readonly Conflict[] {
  return [
    ...methodConflicts(written, methodNames),
    ...cohortConflicts(written),
    ...seedConflicts(written),
    ...teacherConflicts(written),
    ...optimizerConflicts(written),
    ...scheduleConflicts(written),
  ];
}

function methodConflicts({ methods }: WrittenConfig, known: readonly string[] | undefined): Conflict[] {
  return methods.flatMap(({ name, as = name }, place) => {
    const found: Conflict[] = [];
    if (known !== undefined && !known.includes(name)) {
      const path = ['methods', place, 'name'];
      found.push({ path, expected: 'a method', got: name, hint: nearestNameHint(name, known) });
    }
    if (as !== name && known?.includes(as) === true) {
      // Whatever is called kd or student is what all others are compared with.
      const hint = 'It is the name of another method.';
      found.push({ path: ['methods', place, 'as'], expected: 'a name of its own', hint });
    }
    if (methods.slice(0, place).some((other) => (other.as ?? other.name) === as)) {
      const expected = 'a name that no method before it has';
      const hint = `Write {name: ${name}, as: another-name, options: …} to run a method twice.`;
      found.push({ path: ['methods', place], expected, hint });
    }
    return found;
  });
}

/** A cohort has as many models as its method has networks, and the student's among them: its row is compared with others. */
function cohortConflicts({ methods, student }: WrittenConfig): Conflict[] {
  return methods.flatMap(({ cohort, options: { networks } }, place) => {
    if (cohort === undefined) return [];
    const path = ['methods', place, 'cohort'];
    const found: Conflict[] = [];
    if (networks !== undefined && networks !== cohort.length)
      found.push({ path, expected: `${JSON.stringify(networks)} models, as the option networks says` });
    if (!cohort.includes(student.model)) {
      const hint = 'What its networks of this model reach is compared with the other methods.';
      found.push({ path, expected: `the student's model, ${student.model}, among them`, hint });
    }
    return found;
  });
}

function seedConflicts({ seeds }: WrittenConfig): Conflict[] {
  return seeds.flatMap((seed, place) =>
    seeds.indexOf(seed) < place ? [{ path: ['seeds', place], expected: 'a seed that is not there yet' }] : [],
  );
}

function teacherConflicts({ teacher }: WrittenConfig): Conflict[] {
  const { kind = 'live', views, cache } = teacher;
  if (kind === 'live') {
    const expected = 'nothing with a live teacher';
    return cache === undefined
      ? []
      : [{ path: ['teacher', 'cache'], expected, hint: "Set the teacher's kind to cached." }];
  }
  const hint = 'Say how many augmentations of each image the teacher looks at, e.g. 2.';
  return views === undefined ? [{ path: ['teacher', 'views'], expected: 'a number of views', hint }] : [];
}

function optimizerConflicts({ optimizer }: WrittenConfig): Conflict[] {
  const { name, momentum = 0, nesterov = false } = optimizer;
  if (name === 'sgd') {
    if (!nesterov || optimizer.momentum !== 0) return [];
    return [{ path: ['optimizer', 'momentum'], expected: 'a number above 0 with nesterov' }];
  }
  // Values that change nothing pass: a completed configuration has them, and is one that can be run again.
  return [
    ...(momentum === 0 ? [] : [foreign(['optimizer', 'momentum'], name, 'sgd')]),
    ...(nesterov ? [foreign(['optimizer', 'nesterov'], name, 'sgd')] : []),
  ];
}

function scheduleConflicts(written: WrittenConfig): Conflict[] {
  const { name, milestones, factor = 1 } = written.schedule;
  const found = warmUpConflicts(written);
  if (name !== 'step') {
    return [
      ...found,
      ...(milestones === undefined || milestones.length === 0
        ? []
        : [foreign(['schedule', 'milestones'], name, 'step')]),
      ...(factor === 1 ? [] : [foreign(['schedule', 'factor'], name, 'step')]),
    ];
  }
  if (milestones?.length === 0)
    return [...found, { path: ['schedule', 'milestones'], expected: 'a list that is not empty' }];
  const falling = (milestones ?? []).flatMap((share, place) =>
    share <= (milestones?.[place - 1] ?? 0)
      ? [{ path: ['schedule', 'milestones', place], expected: 'a share above the one before it' }]
      : [],
  );
  return [...found, ...falling];
}

/** No warm-up is longer than the training: of the students, and of a teacher that is trained. */
function warmUpConflicts({ schedule: { name, warmupEpochs }, epochs, teacher }: WrittenConfig): Conflict[] {
  const path = ['schedule', 'warmupEpochs'];
  if (warmupEpochs === 0) return [];
  if (name === 'constant') return [foreign(path, name, 'cosine and step')];
  const trained = [
    ['the run', epochs],
    ...(teacher.path === undefined ? ([['the teacher', teacher.epochs ?? epochs]] as const) : []),
  ] as const;
  const short = trained.find(([, all]) => warmupEpochs > all);
  if (short === undefined) return [];
  const [what, all] = short;
  const expected = `at most the ${all === 1 ? 'one epoch' : `${all} epochs`} of ${what}`;
  return [{ path, expected, hint: 'Set it to 0 for none.' }];
}

/** A field that belongs to another optimizer or schedule. */
function foreign(path: Path, name: string, owner: string): Conflict {
  return { path, expected: `nothing with ${name}`, hint: `It belongs to ${owner}.` };
}
