import { resolve } from 'node:path';
import { pathOfUrl } from '@distilljs/core';
import type { RunConfig } from './resolve.js';

/** The same configuration with absolute paths, because `config.json` may be read from any working directory. */
export function withAbsolutePaths(config: RunConfig): RunConfig {
  const { dataset, teacher, student } = config;
  return {
    ...config,
    dataset: absolutePaths(dataset),
    student: student.path === undefined ? student : { ...student, path: absolute(student.path) },
    teacher: {
      ...teacher,
      ...(teacher.path !== undefined && { path: absolute(teacher.path) }),
      ...(typeof teacher.classes === 'string' && { classes: resolve(teacher.classes) }),
    },
  };
}

/** Fields of datasets that are paths. */
const PATHS = ['dir', 'file', 'cacheDir'];

const absolutePaths = (dataset: RunConfig['dataset']): RunConfig['dataset'] =>
  Object.fromEntries(
    Object.entries(dataset).map(([key, value]) => [
      key,
      PATHS.includes(key) && typeof value === 'string' ? resolve(value) : (value as unknown),
    ]),
  ) as unknown as RunConfig['dataset'];

/** Makes a path or `file://` URL an absolute path; other URLs stay. */
function absolute(path: string): string {
  if (path.startsWith('file://')) return resolve(pathOfUrl(path));
  return path.includes('://') ? path : resolve(path);
}
