import { readText } from './repository.mjs';

/** @import { Rule } from './repository.mjs' */

/**
 * Changesets writes every package's CHANGELOG, and packages are versioned independently: none is ignored, fixed or linked. An existing
 * CHANGELOG has its package's name as heading, as changesets writes it.
 *
 * @type {Rule}
 */
export const changelogPolicy = (repository) => {
  const where = '.changeset/config.json';
  const text = readText(repository, where);
  if (text === undefined) {
    return [
      { where, expected: 'the configuration of changesets', got: 'no file', hint: 'Restore the file.' },
    ];
  }
  /** @type {Record<string, unknown>} */
  const config = JSON.parse(text);
  const lists = ['fixed', 'linked', 'ignore']
    .filter((key) => JSON.stringify(config[key] ?? []) !== '[]')
    .map((key) => ({
      where: `${where}, ${key}`,
      expected: '[]',
      got: JSON.stringify(config[key]),
      hint: 'Empty the list: every package is released, with a version of its own.',
    }));
  const generator =
    typeof config['changelog'] === 'string' || Array.isArray(config['changelog'])
      ? []
      : [
          {
            where: `${where}, changelog`,
            expected: '"@changesets/cli/changelog"',
            got: JSON.stringify(config['changelog']) ?? 'none',
            hint: 'Name the generator: without one no CHANGELOG is written.',
          },
        ];
  const headings = repository.packages.flatMap(({ path, name }) => {
    const heading = readText(repository, `${path}/CHANGELOG.md`)?.split('\n')[0];
    return heading === undefined || heading === `# ${name}`
      ? []
      : [
          {
            where: `${path}/CHANGELOG.md:1`,
            expected: `# ${name}`,
            got: heading,
            hint: 'Leave the file to `npm run version`, which adds to it below its heading.',
          },
        ];
  });
  return [...lists, ...generator, ...headings];
};
