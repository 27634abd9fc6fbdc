import ts from 'typescript';

/** @import { Rule } from './repository.mjs' */

/**
 * `src/index.ts` exists, and every `index.ts` is a table of contents: named re-exports from other files, no logic.
 *
 * @type {Rule}
 */
export const tableOfContents = ({ packages }) =>
  packages.flatMap(({ path, sources }) => [
    ...(sources.some(({ place }) => place === 'src/index.ts')
      ? []
      : [
          {
            where: `${path}/src/index.ts`,
            expected: 'the typed entry of the package',
            got: 'no file',
            hint: 'Write it: explicit named exports and nothing else.',
          },
        ]),
    ...sources
      .filter(({ place, area }) => area === 'src' && /(^|\/)index\.ts$/.test(place))
      .flatMap(({ path: file, syntax }) =>
        syntax.statements
          .filter((statement) => !isReExport(statement))
          .map((statement) => ({
            where: `${file}:${syntax.getLineAndCharacterOfPosition(statement.getStart(syntax)).line + 1}`,
            expected: "`export { name, … } from './file.js'` or `export type { … } from …` only",
            got: firstLine(statement.getText(syntax)),
            hint: 'Move what it does into a file of its own and export that by name.',
          })),
      ),
  ]);

/** Whether a statement re-exports from another file; the rule `explicitExports` checks that names are listed. @param {ts.Statement} statement */
function isReExport(statement) {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

/** @param {string} text */
function firstLine(text) {
  return `\`${text.split('\n')[0]}\``;
}
