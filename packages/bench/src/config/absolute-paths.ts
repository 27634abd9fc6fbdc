import { resolve } from 'node:path';
import type { RunConfig } from './complete.js';

const FILE = 'file://';

/** The same run with paths that mean the same from every folder: `config.json` is read wherever the reader stands. */
export function withAbsolutePaths(config: RunConfig): RunConfig {
  const { dataset, teacher } = config;
  return {
    ...config,
    dataset: 'dir' in dataset ? { ...dataset, dir: resolve(dataset.dir) } : dataset,
    teacher: teacher.path === undefined ? teacher : { ...teacher, path: absolute(teacher.path) },
  };
}

/** A bare path and one behind `file://` become absolute; other URLs stay. */
function absolute(path: string): string {
  if (path.startsWith(FILE)) return `${FILE}${resolve(path.slice(FILE.length))}`;
  return path.includes('://') ? path : resolve(path);
}
