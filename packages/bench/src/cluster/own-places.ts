import { DistillError } from '@distilljs/core';
import type { RunCell } from '../cell/run-cells.js';
import { placeOf } from '../cell/run-cells.js';
import type { RunConfig } from '../config/index.js';
import type { MethodResult, TeacherResult } from '../report/index.js';

/*
 * Machines have the same files in different places. Configurations are compared without these places, and what the files held by
 * what the results keep of it. Data has its fingerprints (datasets.ts).
 */

/** A configuration without the places of a machine's own files. */
export function withoutPlaces({ student, teacher, methods, ...config }: RunConfig): RunConfig {
  const placeless = <Entry extends { readonly from?: string | undefined }>(entry: Entry): Entry =>
    entry.from === undefined ? entry : { ...entry, from: 'a module' };
  return {
    ...config,
    student: { ...placeless(student), ...(student.path !== undefined && { path: 'a model' }) },
    teacher: { ...teacher, path: undefined, classes: undefined },
    methods: methods.map(placeless),
  };
}

/** What the machines' own files held, by what messages call them. */
function ownFiles({ cell }: RunCell, result: object): readonly (readonly [what: string, content: string])[] {
  if (cell.kind === 'teacher') {
    const { facts } = result as TeacherResult;
    return facts?.classes === undefined
      ? []
      : [["the teacher's class names (teacher.classes)", JSON.stringify(facts.classes)]];
  }
  if (cell.kind !== 'student') return [];
  const { sources } = result as MethodResult;
  return [
    ...(sources?.student === undefined ? [] : [['the student', sources.student] as const]),
    ...(sources?.method === undefined
      ? []
      : [[`the module of method ${cell.method}`, sources.method] as const]),
  ];
}

/**
 * A check of one result after the other: files that a configuration names must have had the same content for all of them.
 *
 * @throws DistillError code `data` for a result that was made with other files than an earlier one
 */
export function sameFiles(): (cell: RunCell, result: object) => void {
  const known = new Map<string, { readonly content: string; readonly file: string }>();
  return (cell, result) => {
    for (const [what, content] of ownFiles(cell, result)) {
      const file = placeOf(cell).result;
      const id = `${cell.cell.task ?? ''}/${what}`;
      const before = known.get(id);
      known.set(id, before ?? { content, file });
      if (before === undefined || before.content === content) continue;
      throw new DistillError({
        code: 'data',
        where: file,
        expected: `${what} as for ${before.file}`,
        got: 'another content',
        hint: 'Copy the same files to every machine, and train the part that had others again.',
      });
    }
  };
}
