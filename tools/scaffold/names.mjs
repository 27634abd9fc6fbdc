import ts from 'typescript';

/**
 * The words that fill a template's places, by the name between double underscores.
 *
 * @typedef {object} Names
 * @property {string} name folder, npm name after the scope, and name in reports: `logit-match`
 * @property {string} camel the method's factory: `logitMatch`
 * @property {string} Pascal types: `LogitMatch`
 */

/**
 * @param {string} name
 * @returns {Names | undefined} undefined where `name` does not make a package name and an identifier
 */
export function namesOf(name) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return undefined;
  const pascal = name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, camel);
  return scanner.scan() === ts.SyntaxKind.Identifier ? { name, camel, Pascal: pascal } : undefined;
}
