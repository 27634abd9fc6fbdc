import { readText } from './repository.mjs';

/** @import { Rule } from './repository.mjs' */

/**
 * Every package has a copy of the repository's LICENSE: npm publishes only the package's folder, and the license requires its text to
 * be included.
 *
 * @type {Rule}
 */
export const licenseFile = (repository) => {
  const license = readText(repository, 'LICENSE');
  return repository.packages
    .map(({ path }) => ({ path, text: readText(repository, `${path}/LICENSE`) }))
    .filter(({ text }) => text === undefined || text !== license)
    .map(({ path, text }) => ({
      where: `${path}/LICENSE`,
      expected: "the same text as the repository's LICENSE",
      got: text === undefined ? 'no file' : 'another text',
      hint: `Run \`cp LICENSE ${path}/LICENSE\`.`,
    }));
};
