/** @import { Rule } from './repository.mjs' */

const TECHNIQUES = new Set(['mhgd', 'afd', 'cckd', 'rtk', 'vam']);

/** A line of a compiled kernel. */
const HEXADECIMAL = /^\s*'[\da-f]+'/;

/**
 * Core's source names no technique, in code or comments: core must stay independent of all of them.
 *
 * Only names that are not ordinary words are searched for, each as a separate word or as part of a camel-case name.
 *
 * @type {Rule}
 */
export const techniqueNames = ({ packages }) =>
  packages
    .filter(({ role }) => role === 'core')
    .flatMap(({ sources }) => sources.filter(({ area }) => area === 'src'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) =>
        ((!HEXADECIMAL.test(line) && line.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)) || [])
          .filter((word) => TECHNIQUES.has(word.toLowerCase()))
          .map((word) => ({
            where: `${path}:${index + 1}`,
            expected: 'no technique by name in core',
            got: `\`${word}\``,
            hint: 'Say what every technique shares, or move the line into the package of the technique.',
          })),
      ),
    );
