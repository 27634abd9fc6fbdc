import { posix } from 'node:path';
import ts from 'typescript';
import { findCycle } from './find-cycle.mjs';

/** @import { Rule, Source } from './repository.mjs' */

const MOST_LINES = 250;
const FEW_LINES = 20;
/** Largest share of a package's files that may have few lines. */
const MOST_SHARE_OF_SMALL_FILES = 0.1;

/** The bench's playground is not part of the package, but is checked too. */
const PAGE = 'playground/src/';

/** @param {readonly Source[]} sources */
const inSource = (sources) => sources.filter(({ area, place }) => area === 'src' || place.startsWith(PAGE));

/** A source line that is data, such as a compiled kernel. */
const DATA = /^\s*'[^']*'(?: \+|;)$/;
/** @param {Source} source */
const lines = ({ text }) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !DATA.test(line)).length;

/**
 * The files of a package's `src` import one another in one direction only, types included, so that each can be read knowing only the
 * ones below it.
 *
 * @type {Rule}
 */
export const fileCycles = ({ packages }) =>
  packages.flatMap(({ path, sources }) => {
    const known = new Set(inSource(sources).map((source) => source.path));
    const graph = new Map(
      inSource(sources).map((source) => [
        source.path,
        source.imports.flatMap(({ specifier }) =>
          targets(source.path, specifier).filter((to) => known.has(to)),
        ),
      ]),
    );
    const cycle = findCycle(graph);
    if (cycle === undefined) return [];
    return [
      {
        where: `${path}/src`,
        expected: 'files that import one another in one direction only, types included',
        got: `the cycle ${[...cycle, cycle[0] ?? ''].map((file) => posix.relative(`${path}/src`, file)).join(' → ')}`,
        hint: 'Move what both need into a file below them.',
      },
    ];
  });

/** @param {string} from @param {string} specifier */
function targets(from, specifier) {
  if (!specifier.startsWith('.')) return [specifier];
  const built = posix.join(posix.dirname(from), specifier);
  return ['.ts', '.tsx'].map((ending) => built.replace(/\.js$/, ending));
}

/**
 * No source file is longer than a reader can keep in mind, except a package's index, which is a table of contents.
 *
 * @type {Rule}
 */
export const fileLength = ({ packages }) =>
  packages.flatMap(({ sources }) =>
    inSource(sources)
      .filter((source) => source.place !== 'src/index.ts' && lines(source) > MOST_LINES)
      .map((source) => ({
        where: source.path,
        expected: `at most ${MOST_LINES} lines`,
        got: String(lines(source)),
        hint: 'It holds two ideas: give the second a file of its own.',
      })),
  );

/**
 * Related small things share a file: only a limited share of a package's files may have few lines.
 *
 * @type {Rule}
 */
export const smallFiles = ({ packages }) =>
  packages.flatMap(({ path, sources }) => {
    const all = inSource(sources).filter(({ place }) => !/(^|\/)index\.ts$/.test(place));
    const small = all.filter((source) => lines(source) <= FEW_LINES);
    // Too few files for a meaningful share.
    if (all.length < 10 || small.length <= MOST_SHARE_OF_SMALL_FILES * all.length) return [];
    return [
      {
        where: `${path}/src`,
        expected: `at most ${100 * MOST_SHARE_OF_SMALL_FILES} % of the files with ${FEW_LINES} lines or fewer`,
        got: `${small.length} of ${all.length}: ${small
          .slice(0, 5)
          .map(({ place }) => place)
          .join(', ')}, …`,
        hint: 'Put what belongs together into one file.',
      },
    ];
  });

/** Words that say nothing about a file's content. */
const EMPTY_WORDS = /\b(?:helpers?|utils?|utilit(?:y|ies)|manager|misc|common|shared-code|stuff)\b/;

/**
 * A file is named after its idea: lower-case letters and hyphens, and no word that would fit any file.
 *
 * @type {Rule}
 */
export const fileNames = ({ packages }) =>
  packages.flatMap(({ sources }) =>
    inSource(sources)
      .filter(({ place }) => /[A-Z_ ]/.test(place) || EMPTY_WORDS.test(place))
      .map(({ path, place }) => ({
        where: path,
        expected: 'a name that says what the file holds, in small letters and hyphens',
        got: posix.basename(place),
        hint: 'Name it after its one idea.',
      })),
  );

/**
 * Methods are made by core's `defineMethod`, the one place that says which version of the contract they follow.
 *
 * @type {Rule}
 */
export const oneContractVersion = ({ packages }) =>
  packages
    .flatMap(({ sources }) =>
      inSource(sources)
        .filter(({ path }) => path !== 'packages/core/src/method/define-method.ts')
        .flatMap((source) => propertiesNamed(source, 'spec', isVersion)),
    )
    .map((where) => ({
      where,
      expected: 'methods made by defineMethod',
      got: "`spec: 'v1'`",
      hint: 'Call defineMethod with `plan`, or with a loss.',
    }));

/** @param {ts.Node | undefined} value */
const isVersion = (value) => value !== undefined && ts.isStringLiteral(value) && value.text === 'v1';

/**
 * Methods weight labels by `ceWeight` and the teacher by `kdWeight`, because `alpha` has meant either.
 *
 * @type {Rule}
 */
export const namedWeights = ({ packages }) =>
  packages
    .filter(({ role }) => role !== 'bench')
    .flatMap(({ sources }) => inSource(sources).flatMap((source) => propertiesNamed(source, 'alpha')))
    .map((where) => ({
      where,
      expected: 'an option whose name says what it weighs',
      got: '`alpha`',
      hint: 'Name it ceWeight, kdWeight or by the term that it weighs.',
    }));

/**
 * The places where an object or interface has a property of this name.
 *
 * @param {Source} source @param {string} name @param {(value: ts.Node | undefined) => boolean} [holds]
 */
function propertiesNamed({ path, syntax }, name, holds = () => true) {
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const isProperty = ts.isPropertyAssignment(node) || ts.isPropertySignature(node);
    const value = ts.isPropertyAssignment(node) ? node.initializer : undefined;
    if (isProperty && node.name.getText(syntax) === name && holds(value))
      found.push(`${path}:${syntax.getLineAndCharacterOfPosition(node.getStart(syntax)).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return found;
}
