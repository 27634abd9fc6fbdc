/**
 * The example of a README: the JavaScript block that follows the mark `<!-- example -->`.
 *
 * @param {string} readme
 * @returns {string}
 */
export function readmeExample(readme) {
  const block = /<!-- example -->\s*```js\n(?<code>.*?)```/s.exec(readme);
  if (block?.groups?.['code'] === undefined) {
    throw new Error('README: expected a ```js block after <!-- example -->, got none');
  }
  return block.groups['code'];
}

/**
 * The same example for `require`: named imports become destructured ones, and an async function gives `await` a place.
 *
 * @param {string} example
 * @returns {string}
 */
export function asCommonJs(example) {
  const body = example
    .replace(/^import \* as (\w+) from '([^']+)';$/gm, "const $1 = require('$2');")
    .replace(/^import \{([^}]+)\} from '([^']+)';$/gm, "const {$1} = require('$2');");
  return `(async () => {\n${body}\n})().catch((error) => {\n  console.error(error);\n  process.exitCode = 1;\n});\n`;
}
