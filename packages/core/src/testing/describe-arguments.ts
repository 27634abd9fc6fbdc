import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { isDistillError } from '../error/index.js';
import { WRONG } from './wrong-values.js';

/** Valid arguments of a function, in order, and the other values that it accepts. */
export interface RightArguments {
  /** Factories by argument name. Each runs anew for every call. */
  readonly given: Readonly<Record<string, () => unknown>>;
  /**
   * Arguments and fields whose inner fields are not varied: streams, networks, and objects that this package
   * makes.
   */
  readonly whole?: readonly string[];
  /**
   * Replacements that the function accepts, as `argument.field: value`. The values are the keys of
   * {@link WRONG}; for tensors also `axis 0 of another size`, `axis 0 of size 1`, `an axis more`,
   * `an axis less`.
   */
  readonly takes?: readonly (string | RegExp)[];
}

/** The replacements that any options object with defaults accepts; `name` is the argument's name. */
export const defaults = (name: string): RegExp =>
  new RegExp(`^${name}(: (nothing|an object( without a prototype)?)|\\.\\w+: nothing)$`);

/** The replacements that an argument accepts if it may be a tensor of any size. */
export const anySize = (name: string): RegExp => new RegExp(`^${name}: (axis|a matrix|maps)`);

type Path = readonly (string | number)[];

/**
 * Calls every function with valid arguments, but with one argument, or one field of one, replaced by a wrong
 * value. Each call must throw a DistillError and leave no tensor behind, unless `takes` lists the replacement.
 *
 * Tensors are also replaced by tensors of other shapes, and by `int32` and `bool` tensors. The latter must give
 * the same result as the same numbers in `float32`.
 *
 * @param exported all exports of a package; a function that `rightArguments` lacks fails the suite
 */
export function describeArguments(
  exported: Readonly<Record<string, unknown>>,
  rightArguments: Readonly<Record<string, RightArguments>>,
): void {
  const functions = Object.entries(exported).filter(([, value]) => typeof value === 'function');
  it('every exported function has arguments here', () => {
    expect(Object.keys(rightArguments).sort()).toEqual(functions.map(([name]) => name).sort());
  });

  describe.each(functions)('%s', (name, value) => {
    const { given, takes = [], whole = [] } = rightArguments[name] ?? { given: {} };
    const call = callable(value as (...args: unknown[]) => unknown);
    const names = Object.keys(given);
    const rightOnes = (): unknown[] => names.map((each) => given[each]?.());
    const placesOf = (args: readonly unknown[]): readonly Place[] =>
      args.flatMap((right, at) => placesIn(right, [at], names, whole));

    it('takes what is right, and refuses what is not', async () => {
      const places = await scoped(async () => {
        const args = rightOnes();
        await call(...args);
        return placesOf(args);
      });
      const raw: string[] = [];
      const leaking: string[] = [];
      const taken: string[] = [];
      const attempt = (what: string, path: Path, wrong: () => unknown): Promise<void> =>
        scoped(async () => {
          const args = replaced(rightOnes(), path, wrong) as unknown[];
          const before = tf.memory().numTensors;
          try {
            await call(...args);
            taken.push(what);
          } catch (error) {
            if (!isDistillError(error)) raw.push(`${what}: ${String(error)}`);
            if (tf.memory().numTensors > before) leaking.push(what);
          }
        });
      for (const { where, path, shape } of places) {
        for (const [what, make] of Object.entries(WRONG)) await attempt(`${where}: ${what}`, path, make);
        for (const [what, other] of Object.entries(shape === undefined ? {} : otherShapes(shape)))
          await attempt(`${where}: ${what}`, path, () => tf.ones([...other]));
      }
      const matches = (meant: string | RegExp, what: string): boolean =>
        typeof meant === 'string' ? meant === what : meant.test(what);
      const silently = taken.filter((what) => !takes.some((meant) => matches(meant, what)));
      const refused = takes.filter((meant) => !taken.some((what) => matches(meant, what)));
      expect({ raw, leaking, silently, refused }).toEqual({
        raw: [],
        leaking: [],
        silently: [],
        refused: [],
      });

      for (const { where, path } of places.filter(({ shape }) => shape !== undefined))
        for (const dtype of ['int32', 'bool'] as const) {
          const [asFloats, asWhole] = [
            await resultWith(where, path, dtype, 'float32'),
            await resultWith(where, path, dtype, dtype),
          ];
          if (asFloats !== undefined && asWhole !== undefined)
            expect({ where, dtype, result: asWhole }).toEqual({ where, dtype, result: asFloats });
        }
    });

    /** The numbers in the result with whole numbers in one place; undefined if the call refuses them. */
    const resultWith = (
      where: string,
      path: Path,
      whole: 'int32' | 'bool',
      dtype: 'float32' | 'int32' | 'bool',
    ): Promise<unknown> =>
      scoped(async () => {
        const ofWhole = (right: unknown): tf.Tensor =>
          tf.cast(tf.cast(tf.ceil(tf.abs(tf.cast(right as tf.Tensor, 'float32'))), whole), dtype);
        try {
          return await numbersOf(await call(...(replaced(rightOnes(), path, ofWhole) as unknown[])));
        } catch (error) {
          if (isDistillError(error)) return undefined;
          throw new Error(`${where} as ${dtype}: ${String(error)}`, { cause: error });
        }
      });
  });
}

/** A function that calls `value`, with `new` if it is a class. */
function callable(value: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  if (!/^class\b/.test(Function.prototype.toString.call(value))) return value;
  return (...args) => Reflect.construct(value, args) as unknown;
}

interface Place {
  /** For messages, `weights.kernel`. */
  readonly where: string;
  readonly path: Path;
  /** Shape of the tensor in this place; undefined if it holds no tensor. */
  readonly shape?: readonly number[] | undefined;
}

/** The places of an argument: itself, its fields, and the first entry of each list. */
function placesIn(
  right: unknown,
  path: Path,
  names: readonly string[],
  whole: readonly string[],
): readonly Place[] {
  const where = [names[path[0] as number], ...path.slice(1)].join('.');
  const shape = right instanceof tf.Tensor ? (right as tf.Tensor).shape : undefined;
  const own: Place = { where, path, shape };
  if (whole.includes(where)) return [own];
  const fields: Iterable<[string | number, unknown]> = Array.isArray(right)
    ? (right as unknown[]).slice(0, 1).entries()
    : isPlain(right)
      ? Object.entries(right)
      : [];
  return [own, ...[...fields].flatMap(([field, value]) => placesIn(value, [...path, field], names, whole))];
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function replaced(right: unknown, path: Path, make: (right: unknown) => unknown): unknown {
  const [field, ...rest] = path;
  if (field === undefined) return make(right);
  if (Array.isArray(right))
    return right.map((entry: unknown, at) => (at === field ? replaced(entry, rest, make) : entry));
  const fields = right as Readonly<Record<string | number, unknown>>;
  return { ...fields, [field]: replaced(fields[field], rest, make) };
}

function otherShapes(shape: readonly number[]): Readonly<Record<string, readonly number[]>> {
  const axes = shape.flatMap((size, axis) => [
    [`axis ${axis} of another size`, shape.with(axis, size + 1)] as const,
    ...(size === 1 ? [] : [[`axis ${axis} of size 1`, shape.with(axis, 1)] as const]),
  ]);
  return {
    ...Object.fromEntries(axes),
    'an axis more': [...shape, 1],
    ...(shape.length > 0 && { 'an axis less': shape.slice(1) }),
  };
}

/** The tensors and numbers in a result, rounded; anything else becomes undefined. */
async function numbersOf(result: unknown): Promise<unknown> {
  if (result instanceof tf.Tensor) return Array.from(await result.data(), (value) => value.toPrecision(5));
  if (typeof result === 'number') return result.toPrecision(5);
  if (Array.isArray(result)) return Promise.all(result.map(numbersOf));
  if (isPlain(result))
    return Object.fromEntries(
      await Promise.all(
        Object.entries(result).map(async ([name, each]) => [name, await numbersOf(each)] as const),
      ),
    );
  return undefined;
}

async function scoped<T>(run: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  try {
    return await run();
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
  }
}
