import { lstatSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { DistillError, makeFolder, pathOfUrl } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { statsAt } from '../file/index.js';

/* Paths on this machine's disks: where folders may be made, and what a configuration reads. */

/** Longest name that file systems accept, in bytes. */
const LONGEST_NAME = 255;

/** The path with symbolic links resolved, as far as it exists. */
export function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    return dirname(whole) === whole ? whole : join(realPath(dirname(whole)), basename(whole));
  }
}

/** Whether a path is a folder or lies in it, with symbolic links resolved. */
export function isWithin(path: string, folder: string): boolean {
  const away = relative(realPath(folder), realPath(path));
  return !/^\.\.(?:[/\\]|$)/.test(away) && !isAbsolute(away);
}

/**
 * Makes a folder and its parents.
 *
 * @param what the kind of folder, for the message
 * @throws DistillError code `data` where the system does not make it, e.g. without permission
 */
export function makeFolderAt(root: string, what: string): void {
  try {
    makeFolder(root);
  } catch (cause) {
    const [expected, got] = [
      'a folder that can be made',
      cause instanceof Error ? cause.message : 'an error',
    ];
    const hint = 'Name another folder.';
    throw new DistillError({ code: 'data', where: `${what} ${root}`, expected, got, hint, cause });
  }
}

/**
 * @param where the place that names the path, for the message
 * @throws DistillError code `config` for a path where no folder can be; an empty path would mean the working directory
 */
export function expectFolderPath(root: string, where: string): void {
  const refuse = (expected: string, hint: string): never => {
    throw new DistillError({ code: 'config', where, expected, got: `'${root}'`, hint });
  };
  if (root.trim() === '') refuse('a path that is not empty', "Name a folder, or '.' for the one you are in.");
  if (/\p{Cc}/u.test(root)) refuse('a path without control characters', 'Name another folder.');
  // A shell does not expand the ~ of `--out=~/runs`, and a user who removes a folder of that name with `rm -r ~` loses their home.
  if (/^~(?:[\\/]|$)/.test(root))
    refuse(
      'a path without ~, which only a shell expands',
      `Write ${root.replace('~', homedir())}, or './${root}' for a folder that is named ~.`,
    );
  const real = realPath(root);
  if (/^\/(?:proc|sys|dev(?!\/shm\/))(?:\/|$)/.test(real))
    refuse('a folder on a disk', `${real} belongs to the system and keeps no files.`);
  if (real.split(/[\\/]/).some((name) => Buffer.byteLength(name) > LONGEST_NAME))
    refuse(`names of at most ${LONGEST_NAME} bytes`, 'Use a shorter name.');
  for (let above = real; ; above = dirname(above)) {
    const found = statsAt(above);
    if (found === undefined && isLink(above))
      refuse('a path that leads somewhere', `${above} is a link to nothing.`);
    // If the path itself is a file, the caller reports it.
    if (above === real && above !== dirname(above)) continue;
    if (found?.isDirectory() === true || above === dirname(above)) return;
    if (found !== undefined) refuse('a path below folders', `${above} is a file.`);
  }
}

const isLink = (path: string): boolean => {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
};

/** The paths on this machine that a configuration reads. */
export function pathsOf({
  dataset,
  teacher,
  student,
  methods,
}: RunConfig): readonly (readonly [what: string, path: string])[] {
  const given = [
    ['the teacher', teacher.path],
    ["the teacher's classes", typeof teacher.classes === 'string' ? teacher.classes : undefined],
    ['the student', student.path],
    ['the student', moduleFile(student.from)],
    ...methods.map(({ as, from }) => [`the method ${as}`, moduleFile(from)] as const),
    ['the data', 'dir' in dataset ? dataset.dir : undefined],
    ['the list of images', 'file' in dataset ? dataset.file : undefined],
  ] as const;
  return given.flatMap(([what, path]) => {
    if (path === undefined) return [];
    if (path.startsWith('file:')) return [[what, pathOfUrl(path)] as const];
    return path.includes('://') ? [] : [[what, path] as const];
  });
}

/** Undefined for a package. */
const moduleFile = (from: string | undefined): string | undefined =>
  from !== undefined && (isAbsolute(from) || /^(?:file:|\.)/.test(from)) ? from : undefined;
