import { DistillError } from '@distilljs/core';
import type { TeacherLike } from '@distilljs/core';
import type { CatalogEntry, MakeStudent } from './catalog-entry.js';

/** Objects that a program passed to `runBench` instead of names and paths. The configuration has `given: true` in their places. */
export interface Given {
  readonly teacher?: TeacherLike | undefined;
  readonly student?: MakeStudent | undefined;
  /** By their names in the run. */
  readonly methods?: ReadonlyMap<string, CatalogEntry> | undefined;
}

let handed: Given = {};

/** Sets the objects of the one run that this process works on. */
export function handOver(given: Given): void {
  handed = given;
}

/** The teacher passed to `runBench`; undefined in any other process. */
export const givenTeacher = (): TeacherLike | undefined => handed.teacher;

/** @throws DistillError code `config` where no program passed one in this process */
export const givenStudent = (name: string): MakeStudent => handed.student ?? missing(`student ${name}`);

/** @throws DistillError code `config` where no program passed it in this process */
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
