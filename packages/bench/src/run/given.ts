import { DistillError } from '@distilljs/core';
import type { TeacherLike } from '@distilljs/core';
import type { CatalogEntry, MakeStudent } from './catalog-entry.js';

/** What a program handed to `runBench` in place of names and paths. A configuration says `given: true` in these places. */
export interface Given {
  readonly teacher?: TeacherLike | undefined;
  readonly student?: MakeStudent | undefined;
  /** By what the run calls them. */
  readonly methods?: ReadonlyMap<string, CatalogEntry> | undefined;
}

let handed: Given = {};

/** Of one run: its process works at no other meanwhile. */
export function handOver(given: Given): void {
  handed = given;
}

/** Undefined where the program that has it is another one. */
export const givenTeacher = (): TeacherLike | undefined => handed.teacher;

/** @throws DistillError code `config` where the program that has it is another one */
export const givenStudent = (name: string): MakeStudent => handed.student ?? missing(`student ${name}`);

/** @throws DistillError code `config` where the program that has it is another one */
export const givenMethod = (as: string): CatalogEntry => handed.methods?.get(as) ?? missing(`method ${as}`);

export function missing(what: string): never {
  throw new DistillError({
    code: 'config',
    where: what,
    expected: `the ${what.replace(/ .*/, '')} of the program that began this run`,
    got: 'none',
    hint: "It was passed to runBench: continue from that program, with `existing: 'resume'`.",
  });
}
