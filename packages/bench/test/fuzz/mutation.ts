import fc from 'fast-check';

/*
 * Cases are described by what is done to something valid. The description is small, so that fast-check can shrink it and
 * print it; numbers that choose a place count round what there is.
 */

/** A value that has no business where it is put. */
export type Odd =
  | { readonly is: 'value'; readonly value: unknown }
  /** A text so many times over. */
  | { readonly is: 'long'; readonly text: string; readonly times: number }
  | { readonly is: 'deep'; readonly depth: number; readonly list: boolean }
  | { readonly is: 'wide'; readonly keys: number }
  /** Written as it stands, without quotes. */
  | { readonly is: 'raw'; readonly text: string };

/** Something done to a tree of JSON values. */
export type TreeEdit =
  | { readonly do: 'set'; readonly at: number; readonly value: Odd }
  | { readonly do: 'remove'; readonly at: number }
  | { readonly do: 'rename'; readonly at: number; readonly key: string }
  | { readonly do: 'add'; readonly at: number; readonly key: string; readonly value: Odd }
  | { readonly do: 'copy'; readonly at: number; readonly from: number }
  | { readonly do: 'scale'; readonly at: number; readonly by: number };

/** Something done to bytes, or to the characters of a text. */
export type ByteEdit =
  | { readonly do: 'flip'; readonly at: number; readonly bit: number }
  | { readonly do: 'cut'; readonly at: number }
  | { readonly do: 'insert'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly do: 'remove'; readonly at: number; readonly count: number }
  | { readonly do: 'repeat'; readonly at: number; readonly count: number; readonly times: number };

export const MARKUP = '<img src=x onerror=alert(1)>';
/** Names that something on the way may take for more than a name. */
const NASTY_TEXTS = [
  '', ' ', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'null', 'true', '~',
  '\0', '\x1b[31mred\x1b[0m', '\r\n', '\u2028', '\u202e', '\ud800', 'é', '漢字', '🧪', '../..', '/etc/passwd', 'CON', 'a/b',
  '-', '--', '=1+1', '0', '-1', '1e999', 'NaN', MARKUP, '</script><script>alert(1)</script>', '[a](javascript:alert(1))',
  '|', '`', '${x}', '%s', '{{x}}', '&amp;', '"', "'", '\\', '*a', '&a', '!!x', '#', ': ', '- ',
]; // prettier-ignore

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

const nastyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.5,
    2,
    3,
    7,
    1e6,
    1e9,
    1e15,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e21,
    1e308,
    5e-324,
    -1e308,
  ),
  fc.integer({ min: -10, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

export function odd(raw: readonly string[] = []): fc.Arbitrary<Odd> {
  const value = fc.oneof(
    nastyNumber,
    nastyText,
    fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { '': null }, [{}], [1, 2, 3], {
      name: 'x',
    }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  return fc.oneof(
    { weight: 12, arbitrary: value.map((each): Odd => ({ is: 'value', value: each })) },
    {
      weight: 1,
      arbitrary: fc.record<Odd & { is: 'long' }>({
        is: fc.constant('long'),
        text: fc.constantFrom('x', 'é', '\x07', '<b>', ' ', '[', '9'),
        times: fc.constantFrom(5, 100, 5000, 300_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record<Odd & { is: 'deep' }>({
        is: fc.constant('deep'),
        depth: fc.constantFrom(2, 30, 70, 1000, 20_000),
        list: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom(3, 100, 5000).map((keys): Odd => ({ is: 'wide', keys })) },
    ...(raw.length === 0
      ? []
      : [{ weight: 4, arbitrary: fc.constantFrom(...raw).map((text): Odd => ({ is: 'raw', text })) }]),
  );
}

/** @param keys that mean something where the tree is read */
export function treeEdit(keys: readonly string[] = [], raw: readonly string[] = []): fc.Arbitrary<TreeEdit> {
  const at = fc.nat(100_000);
  const key = keys.length === 0 ? nastyText : fc.oneof(fc.constantFrom(...keys), nastyText);
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record<TreeEdit & { do: 'set' }>({ do: fc.constant('set'), at, value: odd(raw) }),
    },
    { weight: 1, arbitrary: fc.record<TreeEdit & { do: 'remove' }>({ do: fc.constant('remove'), at }) },
    { weight: 1, arbitrary: fc.record<TreeEdit & { do: 'rename' }>({ do: fc.constant('rename'), at, key }) },
    {
      weight: 2,
      arbitrary: fc.record<TreeEdit & { do: 'add' }>({ do: fc.constant('add'), at, key, value: odd(raw) }),
    },
    { weight: 2, arbitrary: fc.record<TreeEdit & { do: 'copy' }>({ do: fc.constant('copy'), at, from: at }) },
    {
      weight: 1,
      arbitrary: fc.record<TreeEdit & { do: 'scale' }>({
        do: fc.constant('scale'),
        at,
        by: fc.constantFrom(-1, 0, 0.5, 1.5, 2, 10, 1e9),
      }),
    },
  );
}

export function byteEdit(): fc.Arbitrary<ByteEdit> {
  const at = fc.nat(10_000_000);
  return fc.oneof(
    fc.record<ByteEdit & { do: 'flip' }>({ do: fc.constant('flip'), at, bit: fc.nat(7) }),
    fc.record<ByteEdit & { do: 'cut' }>({ do: fc.constant('cut'), at }),
    fc.record<ByteEdit & { do: 'insert' }>({
      do: fc.constant('insert'),
      at,
      bytes: fc.oneof(
        fc.array(fc.nat(255), { minLength: 1, maxLength: 9 }),
        nastyText.map((text) => [...Buffer.from(text)]),
      ),
    }),
    fc.record<ByteEdit & { do: 'remove' }>({ do: fc.constant('remove'), at, count: fc.nat(40) }),
    fc.record<ByteEdit & { do: 'repeat' }>({
      do: fc.constant('repeat'),
      at,
      count: fc.nat(40),
      times: fc.constantFrom(1, 3, 2000),
    }),
  );
}

/** The value that is described; what is raw stands as {@link rawMark} until the text is there. */
export function made(value: Odd, raws: string[] = []): unknown {
  switch (value.is) {
    case 'value':
      return value.value;
    case 'long':
      return value.text.repeat(value.times);
    case 'wide':
      return Object.fromEntries(Array.from({ length: value.keys }, (_, index) => [`key${index}`, index]));
    case 'raw':
      return rawMark(raws.push(value.text) - 1);
    case 'deep': {
      let inner: unknown = 1;
      for (let level = 0; level < value.depth; level++) inner = value.list ? [inner] : { a: inner };
      return inner;
    }
  }
}

const rawMark = (place: number): string => `RAW${place}WAR`;

/** Puts raw texts in place of their marks. */
export const withRaws = (text: string, raws: readonly string[]): string =>
  text.replace(/"?RAW(\d+)WAR"?/g, (_, place: string) => raws[Number(place)] ?? '');

interface Node {
  readonly parent: Record<string, unknown> | unknown[] | undefined;
  readonly key: string;
  readonly value: unknown;
}

/** Applies edits to a copy of a tree. */
export function editedTree(
  root: unknown,
  edits: readonly TreeEdit[],
  raws: string[] = [],
): { readonly value: unknown } {
  const top: Record<string, unknown> = { root: structuredClone(root) };
  for (const edit of edits) {
    const nodes = nodesOf(top);
    const node = nodes[edit.at % nodes.length];
    if (node === undefined) continue;
    applyEdit(node, edit, nodes, raws);
  }
  return { value: top['root'] };
}

function applyEdit(
  { parent, key, value }: Node,
  edit: TreeEdit,
  nodes: readonly Node[],
  raws: string[],
): void {
  if (parent === undefined) return;
  switch (edit.do) {
    case 'set': {
      put(parent, key, made(edit.value, raws));
      return;
    }
    case 'copy': {
      put(parent, key, copied(nodes[edit.from % nodes.length]?.value));
      return;
    }
    case 'scale': {
      put(parent, key, typeof value === 'number' ? value * edit.by : value);
      return;
    }
    case 'remove':
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      return;
    case 'rename':
      Reflect.deleteProperty(parent, key);
      {
        put(parent, edit.key, value);
        return;
      }
    case 'add':
      if (typeof value === 'object' && value !== null)
        put(value as typeof parent, edit.key, made(edit.value, raws));
  }
}

/** A copy; null in place of what is too deep to be copied. */
function copied(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return null;
  }
}

/** Also `__proto__` becomes a key like any other. */
function put(parent: Record<string, unknown> | unknown[], key: string, value: unknown): void {
  if (Array.isArray(parent) && !/^\d+$/.test(key)) parent.push(value);
  else Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Every value of a tree but its top, breadth first and without recursion: edits may have made it deep. */
function nodesOf(top: Record<string, unknown>): readonly Node[] {
  const nodes: Node[] = [{ parent: undefined, key: '', value: top }];
  for (let at = 0; at < nodes.length && nodes.length < 20_000; at++) {
    const parent = nodes[at]?.value;
    if (typeof parent !== 'object' || parent === null) continue;
    for (const [key, value] of Object.entries(parent))
      nodes.push({ parent: parent as Node['parent'], key, value });
  }
  return nodes.slice(1);
}

/** Applies edits to bytes. */
export function editedBytes(bytes: Uint8Array, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce((buffer, edit) => {
    const at = buffer.length === 0 ? 0 : edit.at % buffer.length;
    const [before, after] = [buffer.subarray(0, at), buffer.subarray(at)];
    switch (edit.do) {
      case 'flip': {
        const copy = Buffer.from(buffer);
        if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << edit.bit);
        return copy;
      }
      case 'cut':
        return before;
      case 'insert':
        return Buffer.concat([before, Buffer.from(edit.bytes), after]);
      case 'remove':
        return Buffer.concat([before, after.subarray(edit.count)]);
      case 'repeat':
        return Buffer.concat([
          before,
          ...Array<Buffer>(edit.times).fill(after.subarray(0, edit.count)),
          after,
        ]);
    }
  }, Buffer.from(bytes));
}

export const editedText = (text: string, edits: readonly ByteEdit[]): string =>
  edits.length === 0 ? text : editedBytes(Buffer.from(text), edits).toString();
