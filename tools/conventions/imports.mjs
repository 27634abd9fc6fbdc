import ts from 'typescript';

/**
 * One import, export-from, `import()`, `require()` or `import('…')` type.
 *
 * @typedef {object} Import
 * @property {string} specifier
 * @property {'static' | 'dynamic' | 'type'} kind `type` leaves no trace at runtime
 * @property {number} line from 1
 */

/**
 * Every module that a source file names.
 *
 * @param {ts.SourceFile} syntax
 * @returns {Import[]}
 */
export function importsOf(syntax) {
  /** @type {Import[]} */
  const imports = [];
  /** @param {ts.Node} node @param {ts.Node | undefined} name @param {Import['kind']} kind */
  const add = (node, name, kind) => {
    if (name === undefined || !ts.isStringLiteralLike(name)) return;
    const { line } = syntax.getLineAndCharacterOfPosition(node.getStart(syntax));
    imports.push({ specifier: name.text, kind, line: line + 1 });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node, node.moduleSpecifier, typeOnly ? 'type' : 'static');
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly ? 'type' : 'static');
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node, node.moduleReference.expression, node.isTypeOnly ? 'type' : 'static');
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
    } else if (ts.isCallExpression(node) && isLoader(node.expression)) {
      add(node, node.arguments[0], 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return imports;
}

/** `import`, `require` or `require.resolve`. @param {ts.Expression} callee */
function isLoader(callee) {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  const name = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  return ts.isIdentifier(name) && name.text === 'require';
}

/**
 * The package that a bare specifier belongs to: `@a/b/c` → `@a/b`.
 *
 * @param {string} specifier
 * @returns {string | undefined} undefined for a relative path and for Node's own modules
 */
export function packageOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('node:'))
    return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
