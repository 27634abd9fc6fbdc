import { readText } from './repository.mjs';

/** @import { Rule } from './repository.mjs' */

/**
 * Every package carries the repository's LICENSE: npm publishes a package's own folder, and the license asks that its
 * text goes along.
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
