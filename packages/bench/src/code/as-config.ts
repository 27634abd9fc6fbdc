import { existsSync } from 'node:fs';
import type { TeacherLike } from '@distilljs/core';
import type { GivenData } from '../dataset/index.js';
import { isModelName } from '../model/index.js';
import type { CatalogEntry, MakeStudent } from '../run/catalog-entry.js';
import { checkedMethod } from '../run/foreign-modules.js';
import type { Given } from '../run/given.js';
import { techniqueNames } from '../run/method-catalog.js';
import type { BenchOptions } from './bench-options.js';

/** The options of a program, split into what a configuration can hold and what it cannot. */
export interface Translated {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly data: GivenData | undefined;
  readonly given: Given;
}

type Parts = Omit<BenchOptions, 'out' | 'existing' | 'log' | 'signal' | 'config'>;

/** Values of an unknown kind pass through unchanged; the configuration's checks say what is wrong with them. */
export function asConfig({ data, teacher, student, methods, ...others }: Parts): Translated {
  const entries: CatalogEntry[] = [];
  const list: unknown = methods === 'all' ? techniqueNames : methods;
  const taught = teacherPart(teacher);
  const learns = studentPart(student);
  const handed = isGivenData(data) ? data : undefined;
  const settings = {
    ...others,
    dataset: datasetPart(data),
    teacher: taught.part,
    student: learns.part,
    methods: Array.isArray(list) ? list.map((entry: unknown) => methodPart(entry, entries)) : list,
  };
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    data: handed,
    given: {
      teacher: taught.given,
      student: learns.given,
      methods: new Map(entries.map((entry) => [entry.name, entry])),
    },
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isGivenData = (data: unknown): data is GivenData =>
  isObject(data) && ('train' in data || 'test' in data);

function datasetPart(data: unknown): unknown {
  if (typeof data === 'string') return { name: data };
  if (!isGivenData(data)) return data;
  const { name } = isObject(data.train) ? data.train : { name: undefined };
  return { name: 'given', ...(typeof name === 'string' && name !== '' && { title: name }) };
}

/** A zoo network by its name. Any other text that looks like a path, or exists as one, is a path. */
const placePart = (text: string): object =>
  !isModelName(text) && (/[\\/]|^\.|\.(?:onnx|safetensors|json)$/i.test(text) || existsSync(text))
    ? { path: text }
    : { model: text };

interface Part<Value> {
  readonly part: unknown;
  readonly given?: Value | undefined;
}

const isTeacher = (value: unknown): value is TeacherLike =>
  isObject(value) && ['fingerprint', 'forward', 'predict', 'execute'].some((field) => field in value);

function teacherPart(teacher: unknown): Part<TeacherLike> {
  if (typeof teacher === 'string') return { part: placePart(teacher) };
  if (isTeacher(teacher)) return { part: { given: true }, given: teacher };
  if (!isObject(teacher) || !('network' in teacher)) return { part: teacher };
  const { network, ...facts } = teacher;
  // The configuration's checks refuse any other value of `network`.
  return isTeacher(network) ? { part: { ...facts, given: true }, given: network } : { part: teacher };
}

function studentPart(student: unknown): Part<MakeStudent> {
  if (typeof student === 'string') return { part: placePart(student) };
  const { build, ...facts } = isObject(student) ? student : { build: student };
  if (typeof build !== 'function') return { part: student };
  const model = folderName(build.name) || 'student';
  return { part: { model, ...facts, given: true }, given: build as MakeStudent };
}

const folderName = (name: string): string =>
  name.replace(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[^A-Za-z0-9]+|\.+$/g, '');

/** @param entries receives the methods that no configuration can hold, under the names that the run uses */
function methodPart(entry: unknown, entries: CatalogEntry[]): unknown {
  const { method, ...facts } = isObject(entry) && 'method' in entry ? entry : { method: entry };
  const isFactory = typeof method === 'function';
  if (!isFactory && !(isObject(method) && typeof method['plan'] === 'function')) return entry;
  const { methodName, name: own, defaults, options } = method as Partial<Record<string, unknown>>;
  const called = methodName ?? own;
  const name = folderName(typeof called === 'string' ? called : '') || 'method';
  const as = typeof facts.as === 'string' ? facts.as : name;
  const known: unknown = (isFactory ? defaults : options) ?? {};
  entries.push({
    name: as,
    summary: 'of a program',
    package: 'given',
    defaults: isObject(known) ? known : {},
    ...(isObject(known) && 'networks' in known && { cohort: true }),
    create: (given) =>
      checkedMethod(`given ${as}`, name, () =>
        isFactory ? (method as (options: object) => unknown)(given) : method,
      ),
  });
  return { name, given: true, ...(!isFactory && { options: known }), ...facts };
}
