import { basename, resolve } from 'node:path';
import { DistillError } from '@distilljs/core';
import type { RunCell, RunCells } from '../cell/run-cells.js';

/** What a cluster's own scheduler is told. */
export interface ClusterJobs {
  /** Names of cells; those of a wave wait for nothing but the waves before it. */
  readonly waves: readonly (readonly string[])[];
  /** The run folder as the machines of the cluster see it. */
  readonly at: string;
  /** What the jobs are called. */
  readonly name: string;
  /** What starts `distill-bench` there. */
  readonly command: string;
  /** Most tasks of one array; each does every so many-th cell of its wave. */
  readonly tasks: number;
  readonly needsGpu: boolean;
}

/** The cells that are left, in waves: teachers, then what waits for them alone, and so on. */
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
 * @throws DistillError code `config` for a path that is not absolute, or has characters that no script should hold
 */
export function clusterPath(folder: string, at = resolve(folder)): string {
  if (/^\/[^\p{Cc}]*$/u.test(at)) return at;
  const expected = 'an absolute path without control characters';
  throw new DistillError({ code: 'config', where: '--at', expected, got: `'${at}'` });
}

/** A name that Slurm and Kubernetes take: letters, digits and hyphens. */
export function jobName(at: string): string {
  const plain = basename(at)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return plain === '' ? 'distill' : `distill-${plain}`;
}

/** A text as one word of a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
