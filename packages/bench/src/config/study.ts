import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isMapping, list, mapping, text } from './fields.js';
import type { ConfigLayer, Path } from './layers.js';
import { overlay, valueAt } from './layers.js';
import { nameOfModule } from './module-name.js';
import type { Conflict } from './problem.js';
import { folderName } from './schema.js';

/*
 * A study is one configuration of several runs: every dataset of `datasets` with every pair of `pairs`. `dataset`, `teacher` and
 * `student` are common to all runs; an entry overrides them.
 */

/** More tasks than anyone compares; each is a folder, and is checked separately. */
const MOST_TASKS = 1000;

type Values = Readonly<Record<string, unknown>>;

/** One unchecked run of a study. */
export interface WrittenTask {
  readonly name: string;
  readonly values: Values;
  /** The path in the study of a value of the run. */
  readonly place: (path: Path) => Path;
}

const NETWORK = 'the name of a network of the zoo, or a mapping';
const network = z.union([text(), z.record(z.string(), z.unknown())], { error: NETWORK });
const pair = mapping({
  teacher: network,
  student: network,
  /** Its name for folder and report. Default: the networks' names. */
  as: folderName.optional(),
});
const dataset = z.union([text(), z.looseObject({ as: folderName.optional() })], {
  error: 'the name of a dataset, or a mapping',
});

const KINDS = { pairs: list(pair, 1, MOST_TASKS), datasets: list(dataset, 1, MOST_TASKS) } as const;

/** Fields that only a study has. */
export const STUDY_KEYS = Object.keys(KINDS);

/** Whether a configuration, valid or not, describes a study. */
export const isStudy = (written: Values): boolean => STUDY_KEYS.some((key) => written[key] !== undefined);

/** Problems of the two lists themselves. */
export const studyIssues = (written: Values): readonly z.core.$ZodIssue[] =>
  z.object({ pairs: KINDS.pairs.optional(), datasets: KINDS.datasets.optional() }).safeParse(written).error
    ?.issues ?? [];

/** The study with its short forms written out: `resnet56` → `{model: resnet56}`, `cifar10` → `{name: cifar10}`. */
export function writtenOut(written: Values): Values {
  const named = (key: string, value: unknown): unknown =>
    typeof value === 'string' ? { [key]: value } : value;
  const each = (value: unknown, change: (entry: unknown) => unknown): unknown =>
    Array.isArray(value) ? value.map(change) : value;
  return {
    ...written,
    ...(written['pairs'] !== undefined && {
      pairs: each(written['pairs'], (entry) =>
        isMapping(entry)
          ? Object.fromEntries(
              Object.entries(entry).map(([key, value]) => [
                key,
                key === 'as' ? value : named('model', value),
              ]),
            )
          : entry,
      ),
    }),
    ...(written['datasets'] !== undefined && {
      datasets: each(written['datasets'], (entry) => named('name', entry)),
    }),
  };
}

/**
 * The runs of a study, and conflicts between their names.
 *
 * @param written the study written out, with valid lists
 */
export function tasksOf(written: Values): {
  readonly tasks: readonly WrittenTask[];
  readonly conflicts: readonly Conflict[];
} {
  const { pairs, datasets } = written;
  const pairList = pairs as readonly Values[] | undefined;
  const dataList = datasets as readonly Values[] | undefined;
  // Without the preset: it may hold pairs, and a run's configuration, read again, must not be a study.
  const common = without(written, ['preset', ...STUDY_KEYS]);
  const count = (pairList?.length ?? 1) * (dataList?.length ?? 1);
  if (count > MOST_TASKS) {
    const expected = `at most ${MOST_TASKS} pairs on datasets`;
    return { tasks: [], conflicts: [{ path: ['pairs'], expected, got: String(count) }] };
  }
  const tasks: WrittenTask[] = [];
  const conflicts: Conflict[] = [];
  const earlier = new Map<string, string>();
  for (const at of (dataList ?? [undefined]).keys()) {
    for (const pairAt of (pairList ?? [undefined]).keys()) {
      const entries = { data: dataList?.[at], pair: pairList?.[pairAt] };
      const values = valuesOf(common, entries);
      const name = nameOf(values, entries);
      const before = earlier.get(name.toLowerCase());
      if (before !== undefined) {
        const path = pairList === undefined || pairAt === 0 ? ['datasets', at] : ['pairs', pairAt];
        const hint = 'Give it a name with `as`.';
        conflicts.push({ path, expected: 'a name that no earlier task has', got: `'${name}'`, hint });
      }
      earlier.set(name.toLowerCase(), name);
      tasks.push({ name, values, place: placer(written, dataList && at, pairList && pairAt) });
    }
  }
  return { tasks, conflicts };
}

/** A single run, or the common part of a study whose lists are invalid. */
export const commonPart = (written: Values): ReturnType<typeof tasksOf> => ({
  tasks: [{ name: '', values: without(written, STUDY_KEYS), place: (path) => path }],
  conflicts: [],
});

const without = (values: Values, keys: readonly string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));

interface Entries {
  readonly data: Values | undefined;
  readonly pair: Values | undefined;
}

/** An entry laid over the common part. A named common dataset is not mixed into an entry's; one without a name applies to all. */
function valuesOf(common: Values, { data, pair }: Entries): Values {
  const dataset = without(data ?? {}, ['as']);
  const { teacher, student } = pair ?? {};
  const base = common['dataset'];
  const isForAll = isMapping(base) && base['name'] === undefined;
  const set = {
    ...(data !== undefined && { dataset: isForAll ? { ...base, ...dataset } : dataset }),
    ...(pair !== undefined && { teacher, student }),
  };
  return overlay(isForAll && data !== undefined ? without(common, ['dataset']) : common, set);
}

/** `cifar10+resnet56-resnet20`. */
function nameOf({ dataset, teacher, student }: Values, { data, pair }: Entries): string {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const networkName = (value: unknown): string => {
    const place = text(valueAt(value, ['path'])) ?? text(valueAt(value, ['from']));
    const known = text(valueAt(value, ['model']));
    const folder = place?.replace(/[\\/](?:model\.json)?$/, '').replace(/^[a-z]+:\/\//i, '');
    return folder === undefined ? (known ?? 'none') : nameOfModule(`./${folder}`);
  };
  const dataName = text(data?.['as']) ?? text(valueAt(dataset, ['name'])) ?? 'data';
  const pairName = text(pair?.['as']) ?? `${networkName(teacher)}-${networkName(student)}`;
  return `${dataName}+${pairName}`
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .slice(0, 120)
    .replace(/\.+$/, '');
}

/**
 * Fields of layers above the lists, such as the command line, that no run takes, because each entry has its own value.
 *
 * @param layers later layers win
 */
export function unusedFields(
  layers: readonly ConfigLayer[],
  tasks: readonly WrittenTask[],
): readonly Conflict[] {
  const lists = layers.findLastIndex(({ values }) => isStudy(values));
  return layers.slice(lists + 1).flatMap(({ values: above }) =>
    ['dataset', 'teacher', 'student'].flatMap((part) =>
      leavesOf(above[part], [part]).flatMap(([path, value]): Conflict[] => {
        const having = tasks.filter(({ values }) => isDeepStrictEqual(valueAt(values, path), value));
        // Of the field itself, not of an entry that happens to have the same value.
        if (having.length === tasks.length || having.some(({ place }) => place(path) === path)) return [];
        const [list, entry] = part === 'dataset' ? ['datasets', path.slice(1)] : ['pairs', path];
        const hint = `Set it in them, e.g. --set ${[list, 0, ...entry].join('.')}=…`;
        return [{ path, expected: `no field that all entries of ${list} have`, hint, isKey: true }];
      }),
    ),
  );
}

/** The values within mappings, with their paths. */
const leavesOf = (value: unknown, path: Path): readonly (readonly [Path, unknown])[] =>
  isMapping(value)
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
    : value === undefined
      ? []
      : [[path, value]];

/** Maps paths: fields of an entry, also missing ones, belong to the entry; others stay where they are in a single run. */
function placer(written: Values, data: number | undefined, pair: number | undefined): (path: Path) => Path {
  return (path) => {
    const [key, ...rest] = path;
    const entry =
      key === 'dataset' && data !== undefined
        ? ['datasets', data, ...rest]
        : (key === 'teacher' || key === 'student') && pair !== undefined
          ? ['pairs', pair, key, ...rest]
          : undefined;
    if (entry === undefined) return path;
    const isCommon = valueAt(written, entry) === undefined && valueAt(written, path) !== undefined;
    return isCommon ? path : entry;
  };
}
