import { isDeepStrictEqual } from 'node:util';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { FoundRun } from './stored.js';

/** Where two configurations cannot be of one run: any field but seeds and methods, or one method with other options. */
export function differences(wanted: RunConfig, run: FoundRun): string[] {
  const [before, now] = [comparable(run.config, run), comparable(wanted, run)];
  const known = new Map(before.methods.map((method) => [method.as, method]));
  const pairs: (readonly [what: string, old: unknown, current: unknown])[] = [
    ...(Object.keys(now) as (keyof RunConfig)[])
      .filter((key) => key !== 'methods' && key !== 'seeds')
      .map((key) => [key, before[key], now[key]] as const),
    ...now.methods
      .filter(({ as }) => known.has(as))
      .map((method) => [`method ${method.as}`, known.get(method.as), method] as const),
  ];
  // Many disks do not tell large letters from small ones: two such methods would share a folder.
  const folded = new Map(before.methods.map(({ as }) => [as.toLowerCase(), as]));
  for (const { as } of now.methods) {
    const other = folded.get(as.toLowerCase());
    if (other !== undefined && other !== as) pairs.push([`name of method ${other}`, other, as]);
  }
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return pairs.flatMap(([name, old, current]) =>
    isDeepStrictEqual(old, current) ? [] : [`${name} (${text(old)}, now ${text(current)})`],
  );
}

/** As it reads from a file, with absolute paths; without the data's where its fingerprints say more than a path. */
function comparable(config: RunConfig, { data }: FoundRun): RunConfig {
  const { dataset, ...others } = withAbsolutePaths(config);
  const compared = data === undefined ? dataset : { ...dataset, dir: undefined };
  return JSON.parse(JSON.stringify({ ...others, dataset: compared })) as RunConfig;
}

/** Methods and seeds of both, those that were there first. */
export function joined(found: RunConfig, wanted: RunConfig): RunConfig {
  const known = new Set(found.methods.map(({ as }) => as));
  return {
    ...wanted,
    methods: [...found.methods, ...wanted.methods.filter(({ as }) => !known.has(as))],
    seeds: [...new Set([...found.seeds, ...wanted.seeds])].sort((a, b) => a - b),
  };
}
