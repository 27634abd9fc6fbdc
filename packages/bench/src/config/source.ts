import type { CST, Document, Node, Scalar } from 'yaml';
import { Composer, Lexer, LineCounter, Parser, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { DistillError, shownText } from '@distilljs/core';
import { isMapping } from './fields.js';
import { DEEPEST } from './layers.js';
import type { ConfigLayer, Path } from './layers.js';
import type { Problem } from './problem.js';
import { problemError, shown } from './problem.js';

/** Maximum number of values in a file, with aliases expanded: an alias bomb has billions. */
const MOST_VALUES = 200_000;

/**
 * A configuration file, YAML or JSON (which is YAML), as a layer with line and column numbers.
 *
 * @param fileName for messages
 * @throws DistillError code `config` for a text that is not YAML, or not a mapping, with line and column
 */
export function fileLayer(text: string, fileName: string): ConfigLayer {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  const { value, keys, starts } = readYaml(text, fileName, place, lines);
  if (!isMapping(value)) {
    throw problemError(fileName, [
      { where: fileName, expected: 'a mapping of keys to values', got: nameOf(value) },
    ]);
  }
  return {
    name: fileName,
    values: value,
    locate(path, key = false) {
      const id = idOf(path);
      const offset = (key ? keys.get(id) : undefined) ?? starts.get(id);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

const nameOf = (value: unknown): string =>
  value === null ? 'nothing' : Array.isArray(value) ? 'a list' : shown(value);

/**
 * A setting from the command line: `optimizer.learningRate=0.1`, `seeds=[0, 1]`, `methods.1.options.temperature=8`. The
 * value is read as YAML; a number in the path is a position in a list, from 0.
 *
 * @returns a mapping for `resolveConfig`'s flags, e.g. `{optimizer: {learningRate: 0.1}}`
 * @throws DistillError code `config` for a text of another form
 */
export function parseSetting(setting: string): object {
  const { path, value } = /^(?<path>[\w+-]+(?:\.[\w+-]+)*)=(?<value>.*)$/s.exec(setting)?.groups ?? {};
  const steps = path?.split('.') ?? [];
  if (path === undefined || value === undefined || steps.length > 32) {
    throw new DistillError({
      code: 'config',
      where: 'command line',
      expected: 'a setting key=value, e.g. optimizer.learningRate=0.1',
      got: shown(setting),
    });
  }
  const where = `command line, ${shownText(path, 80)}`;
  const read = readYaml(value, where, () => where);
  return steps.reduceRight<unknown>((inner, key) => ({ [key]: inner }), read.value) as object;
}

/** A text as plain values, with the offset of each value and key. */
interface ReadValues {
  readonly value: unknown;
  /** Offsets by path. */
  readonly starts: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, number>;
}

const idOf = (path: Path): string => path.map(String).join('\0');

/**
 * Reads YAML 1.2 with the merge keys of 1.1 (`<<: *base`). YAML features that a configuration does not need are refused: tags, keys
 * that are not text, repeated keys, and aliases without an anchor, inside their anchor, or that expand to too many values.
 *
 * @param name for an error with several problems
 * @param place turns an offset into a place for messages
 * @throws DistillError code `config` with every such problem
 */
function readYaml(
  text: string,
  name: string,
  place: (offset: number) => string,
  lineCounter = new LineCounter(),
): ReadValues {
  const tokens = tokensOf(text, name, place, lineCounter);
  // Repeated keys are found below: the library compares each key with all before it.
  const options = { prettyErrors: false, uniqueKeys: false, merge: false, resolveKnownTags: false };
  const composer = new Composer({ ...options, version: '1.2', schema: 'core' });
  const [document, another] = [...composer.compose(tokens, true, text.length)];
  const problems = [...(document?.errors ?? []), ...(document?.warnings ?? [])].map(
    ({ message, pos: [at] }): Problem => {
      // The library quotes unexpected text of any length.
      const said = shownText(message.replace(/\.$/, ''), 160);
      const got = `an error: ${said.charAt(0).toLowerCase()}${said.slice(1)}`;
      return { where: place(at), expected: 'valid YAML or JSON', got };
    },
  );
  if (another !== undefined)
    problems.push({ where: place(another.range[0]), expected: 'one document', got: 'another one' });
  // One slip can make everything after it an error.
  if (document === undefined || problems.length > 0) throw problemError(name, problems, 10);
  const read = plainValues(document, (offset, expected, got, hint) => {
    problems.push({ where: place(offset), expected, got, hint });
  });
  if (problems.length > 0) throw problemError(name, problems);
  return read;
}

/**
 * A text's tokens. Too deep nesting is refused while the text is read: the library recurses, and V8 ends the process when it compiles
 * a regular expression at the end of the stack.
 */
function tokensOf(
  text: string,
  name: string,
  place: (offset: number) => string,
  lineCounter: LineCounter,
): CST.Token[] {
  lineCounter.addNewLine(0);
  const parser = new Parser(lineCounter.addNewLine);
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The document itself takes one place on the stack.
    if (parser.stack.length <= DEEPEST + 1) continue;
    const expected = `at most ${DEEPEST} levels of nesting`;
    throw problemError(name, [{ where: place(parser.offset - lexeme.length), expected, got: 'more' }]);
  }
  tokens.push(...parser.end());
  return tokens;
}

const isMergeKey = (key: unknown): key is Scalar =>
  isScalar(key) && key.value === '<<' && key.type === 'PLAIN';

function plainValues(
  document: Document,
  refuse: (offset: number, expected: string, got: string, hint?: string) => unknown,
): ReadValues {
  const starts = new Map<string, number>();
  const keys = new Map<string, number>();
  /** The value of an anchor and its number of values; undefined while it is being read. */
  const anchors = new Map<string, { readonly value: unknown; readonly size: number } | undefined>();
  let size = 0;

  const read = (node: unknown, path: Path): unknown => {
    const [offset] = (node as Node | null)?.range ?? [0];
    starts.set(idOf(path), offset);
    if (isAlias(node)) {
      const alias = shown(`*${node.source}`);
      if (!anchors.has(node.source)) return refuse(offset, 'an alias of an anchor before it', alias);
      const found = anchors.get(node.source);
      if (found === undefined) return refuse(offset, 'an alias that does not contain itself', alias);
      size += found.size;
      if (size <= MOST_VALUES) return found.value;
      const expected = `at most ${MOST_VALUES.toLocaleString('en-US')} values`;
      return size - found.size > MOST_VALUES
        ? undefined
        : refuse(offset, expected, 'aliases that stand for more');
    }
    const before = size++;
    const { anchor } = (node ?? {}) as { readonly anchor?: string };
    if (anchor !== undefined) anchors.set(anchor, undefined);
    const value = isMap(node)
      ? mappingOf(node.items, path)
      : isSeq(node)
        ? node.items.map((item, at) => read(item, [...path, at]))
        : isScalar(node)
          ? node.value
          : null;
    if (anchor !== undefined) anchors.set(anchor, { value, size: size - before });
    return value;
  };
  const mappingOf = (items: readonly { key: unknown; value: unknown }[], path: Path): object => {
    const entries = new Map<string, unknown>();
    for (const { key, value } of items.filter(({ key }) => !isMergeKey(key))) {
      const [offset] = (key as Node | null)?.range ?? [0];
      const text = isScalar(key) ? String(key.value) : undefined;
      if (text === undefined)
        refuse(offset, 'a string as key', isAlias(key) ? 'an alias' : 'a list or mapping');
      else if (entries.has(text))
        refuse(
          offset,
          'valid YAML or JSON',
          'an error: map keys must be unique',
          `${shown(text)} is defined above.`,
        );
      else {
        keys.set(idOf([...path, text]), offset);
        entries.set(text, read(value, [...path, text]));
      }
    }
    for (const { key, value } of items) if (isMergeKey(key)) merge(entries, key, value, path);
    return Object.fromEntries(entries);
  };
  /** Merges mappings: the first one with a key wins, and the merging mapping before all. */
  const merge = (entries: Map<string, unknown>, key: Scalar, value: unknown, path: Path): void => {
    const [offset] = key.range ?? [0];
    const given = read(value, [...path, '<<']);
    for (const source of Array.isArray(given) ? (given as unknown[]) : [given]) {
      if (!isMapping(source)) {
        const expected = 'a mapping to merge, or a list of such, for instance `<<: *base`';
        // A refused alias is undefined, and already reported.
        if (source !== undefined) refuse(offset, expected, nameOf(source));
        continue;
      }
      for (const [name, inner] of Object.entries(source)) {
        if (entries.has(name)) continue;
        entries.set(name, inner);
        starts.set(idOf([...path, name]), offset);
      }
    }
  };
  return { value: read(document.contents, []), starts, keys };
}
