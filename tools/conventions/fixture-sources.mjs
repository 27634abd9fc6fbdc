import { readText } from './repository.mjs';

/** @import { Rule } from './repository.mjs' */

/**
 * A folder `fixtures` under `test` has a README.md that names each file in it, so that every expected number can be traced to its
 * program, paper or licence.
 *
 * @type {Rule}
 */
export const fixtureSources = (repository) =>
  repository.packages.flatMap(({ path, files }) => {
    const fixtures = files.filter((place) => /^test\/(.*\/)?fixtures\//.test(place));
    const folders = new Set(fixtures.map((place) => place.replace(/(\/fixtures)\/.*$/, '$1')));
    return [...folders].flatMap((folder) => {
      const where = `${path}/${folder}/README.md`;
      const readme = readText(repository, where);
      if (readme === undefined) {
        return [
          {
            where,
            expected: 'a README that says where each fixture comes from',
            got: 'no file',
            hint: 'Write one: file, source, command that made it.',
          },
        ];
      }
      return fixtures
        .filter((place) => place.startsWith(`${folder}/`) && place !== `${folder}/README.md`)
        .map((place) => place.slice(folder.length + 1))
        .filter((name) => !readme.includes(name))
        .map((name) => ({
          where,
          expected: `the source of ${name}`,
          got: 'no mention of it',
          hint: 'Say where the file comes from and which command made it.',
        }));
    });
  });
