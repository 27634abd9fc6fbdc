import { basename, resolve } from 'node:path';
import { DistillError } from '@distilljs/core';
import type { RunCell, RunCells } from '../cell/run-cells.js';

/** The jobs for a cluster's scheduler. */
export interface ClusterJobs {
  /** Names of cells; a wave's cells depend only on earlier waves. */
  readonly waves: readonly (readonly string[])[];
  /** The run folder as the machines of the cluster see it. */
  readonly at: string;
  /** Name of the jobs. */
  readonly name: string;
  /** The command that starts `distill-bench` there. */
  readonly command: string;
  /** Maximum number of tasks per array; each trains every `tasks`-th cell of its wave. */
  readonly tasks: number;
  readonly needsGpu: boolean;
}

/** The remaining cells in waves: teachers, then the cells that depend only on them, and so on. */
export function wavesOf({ all }: RunCells, done: ReadonlySet<string>): readonly (readonly string[])[] {
  const depth = new Map<string, number>();
  const waves: string[][] = [];
  const byName = new Map(all.map((cell) => [cell.name, cell]));
  const depthOf = (cell: RunCell): number => {
    const known = depth.get(cell.name);
    if (known !== undefined) return known;
    const before = cell.after
      .filter((name) => !done.has(name))
      .map((name) => byName.get(name))
      .filter((each) => each !== undefined);
    const own = before.reduce((deepest, each) => Math.max(deepest, depthOf(each) + 1), 0);
    depth.set(cell.name, own);
    return own;
  };
  for (const cell of all) {
    if (done.has(cell.name)) continue;
    const wave = depthOf(cell);
    while (waves.length <= wave) waves.push([]);
    waves[wave]?.push(cell.name);
  }
  return waves;
}

/**
 * The run folder as the cluster sees it.
 *
 * @throws DistillError code `config` for a path that is not absolute, or has control characters
 */
export function clusterPath(folder: string, at = resolve(folder)): string {
  if (/^\/[^\p{Cc}]*$/u.test(at)) return at;
  const expected = 'an absolute path without control characters';
  throw new DistillError({ code: 'config', where: '--at', expected, got: `'${at}'` });
}

/** A name that Slurm and Kubernetes accept: letters, digits and hyphens. */
export function jobName(at: string): string {
  const plain = basename(at)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return plain === '' ? 'distill' : `distill-${plain}`;
}

/** Quotes a text as one word for a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
