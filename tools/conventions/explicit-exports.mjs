import ts from 'typescript';

/** @import { Rule, Source } from './repository.mjs' */

/**
 * No source has `export *` or a default export: every public name can be searched for, and is the same in ESM and CJS.
 *
 * @type {Rule}
 */
export const explicitExports = ({ packages }) =>
  packages.flatMap(({ sources }) =>
    sources.filter(({ area }) => area === 'src').flatMap((source) => problemsOf(source)),
  );

/** @param {Source} source */
function problemsOf({ path, syntax }) {
  return syntax.statements
    .filter((statement) => exportsStar(statement) || exportsDefault(statement))
    .map((statement) => ({
      where: `${path}:${syntax.getLineAndCharacterOfPosition(statement.getStart(syntax)).line + 1}`,
      expected: 'exports by name',
      got: exportsStar(statement) ? '`export *`' : 'a default export',
      hint: 'Name each export.',
    }));
}

/** @param {ts.Statement} statement */
function exportsStar(statement) {
  return (
    ts.isExportDeclaration(statement) &&
    (statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause))
  );
}

/** @param {ts.Statement} statement */
function exportsDefault(statement) {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    return (
      clause !== undefined &&
      ts.isNamedExports(clause) &&
      clause.elements.some((element) => element.name.text === 'default')
    );
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}
