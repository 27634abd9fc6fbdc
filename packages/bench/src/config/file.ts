import type { Document } from 'yaml';
import { LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml';
import type { ConfigLayer, Path } from './layer.js';
import { isMapping } from './layer.js';
import type { Problem } from './problem.js';
import { problemError } from './problem.js';

/**
 * A configuration file, YAML or JSON (which is YAML), as a layer that knows its lines and columns.
 *
 * @param fileName for messages
 * @throws DistillError code `config`: what is not YAML, or no mapping, with line and column
 */
export function fileLayer(text: string, fileName: string): ConfigLayer {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw problemError(
      fileName,
      document.errors.map((error): Problem => {
        return {
          where: place(error.pos[0]),
          expected: 'valid YAML or JSON',
          got: `an error: ${lowerFirst(error.message)}`,
        };
      }),
    );
  }
  const values: unknown = document.toJS();
  if (!isMapping(values)) {
    const got = values === null ? 'nothing' : Array.isArray(values) ? 'a list' : JSON.stringify(values);
    throw problemError(fileName, [{ where: fileName, expected: 'a mapping of keys to values', got }]);
  }
  return {
    name: fileName,
    values,
    locate(path, key = false) {
      const offset = offsetOf(document, path, key);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

/** Where in the text the value at a path begins, or its key. */
function offsetOf(document: Document, path: Path, key: boolean): number | undefined {
  const last = path.at(-1);
  if (key && last !== undefined) {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last))
      : undefined;
    if (isNode(pair?.key)) return pair.key.range?.[0];
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
