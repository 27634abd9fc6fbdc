import { marked } from 'marked';
import { parse } from 'parse5';
import fc from 'fast-check';
import type { EpochReport, Inspection } from '@distilljs/core';
import {
  buildReport,
  renderCsv,
  renderHtml,
  renderMarkdown,
  renderSeedsCsv,
  renderTerminal,
} from '../../../src/report/index.js';
import type { MethodResult, Report } from '../../../src/report/index.js';
import { ENVIRONMENT, METHODS, TEACHER, fixtureConfig, fixtureResults } from '../../report/report-fixture.js';
import { MARKUP, nastyText } from '../mutation.js';
import { must, outcome, target } from '../target.js';

interface Case {
  /** A name for each of the fields that users or their files fill in. */
  readonly names: readonly string[];
  readonly seeds: number;
  readonly methods: number;
  /** Test accuracies that replace the fixture's. */
  readonly accuracies: readonly number[];
  readonly epochs: number;
  readonly parameters: number;
}

const FIELDS = 14;
const PLAIN = Array.from({ length: FIELDS }, (_, at) => `name${at}`);

const name = fc.oneof(
  nastyText,
  fc.constantFrom(
    MARKUP, '<script>alert(1)</script>', '"><svg onload=alert(1)>', "' onmouseover='alert(1)", '</style><b>', '</title><b>', '<!--', ']]>',
    '[x](javascript:alert(1))', '![x](http://a/b)', '<a href=http://a>x</a>', '**b**', '_i_', '~~s~~', '# h', '| a | b |', '```', '- x',
    'http://example.org', 'www.example.org', 'a@example.org', '&lt;b&gt;', '\\', '\\|', '$x$', '${x}', 'x\ny', 'x\n\n<b>y</b>', '{{x}}',
    'x'.repeat(3000), '1. x', '    code', '---', '[x]: http://a',
  ), // prettier-ignore
);

interface Rendered {
  readonly report: Report;
  readonly html: string;
  readonly markdown: string;
  readonly terminal: string;
  readonly csv: string;
}

async function rendered(
  { seeds, methods, accuracies, epochs, parameters }: Case,
  names: readonly string[],
): Promise<Rendered> {
  const at = (place: number): string => names[place] ?? '';
  const chosen = METHODS.slice(0, methods);
  const config = fixtureConfig(chosen, seeds, epochs);
  const renamed = (method: string): string => (method === chosen.at(-1)?.name ? at(0) : method);
  const results = fixtureResults(chosen, seeds, epochs).map((result, place): MethodResult => ({
    ...result,
    method: renamed(result.method),
    options: { [at(1)]: at(2) },
    testAccuracyLast: accuracies[place % (accuracies.length + 3)] ?? result.testAccuracyLast,
    epochs: result.epochs.map((epoch) => foreignEpoch(epoch, at(3), at(4))),
    warnings: place === 0 ? [at(5)] : [],
    studentParameters: parameters,
    cohort:
      result.method === 'mhgd'
        ? {
            networks: [0, 1].map((network) => ({
              model: at(6), counted: network === 0, testAccuracyLast: 0.5, testAccuracyBest: 0.5, parameters, macs: 10,
            })),
            ensembleAccuracyLast: 0.6, ensembleAccuracyBest: 0.6,
          }
        : undefined,
  })); // prettier-ignore
  const environment = {
    ...ENVIRONMENT,
    system: at(7), processor: at(8), packages: { [at(9)]: '1' },
    engine: { ...ENVIRONMENT.engine, version: at(10), refused: [{ name: 'node-gpu' as const, reason: at(11) }] },
  }; // prettier-ignore
  const teacher = { ...TEACHER, model: at(12), source: at(13) };
  const written = {
    ...config,
    methods: config.methods.map((method) => ({
      ...method,
      as: renamed(method.as),
      options: { [at(1)]: at(2) },
    })),
  };
  const report = buildReport(written, environment, teacher, results, { ownNetworks: [at(0)] });
  const axis = { title: at(3), labels: [at(4), at(5)] };
  const inspection: Inspection = {
    phase: at(6), epoch: 0, globalEpoch: 0,
    exhibits: [{ name: at(7), title: at(8), rows: axis, columns: axis, panels: [{ name: at(9), values: [[0, 1], [2, 3]] }] }],
  }; // prettier-ignore
  return {
    report,
    html: await renderHtml(report, results, [{ method: at(0), seed: 0, inspections: [inspection] }]),
    markdown: renderMarkdown(report),
    terminal: renderTerminal(report),
    csv: `${renderCsv(report)}${renderSeedsCsv(report)}`,
  };
}

function foreignEpoch(epoch: EpochReport, phase: string, term: string): EpochReport {
  const [first] = Object.values(epoch.terms);
  return { ...epoch, phase, terms: first === undefined ? {} : { [term]: first } };
}

export const reports = target<Case>({
  name: 'reports',
  arbitrary: fc.record({
    names: fc.array(name, { minLength: FIELDS, maxLength: FIELDS }),
    seeds: fc.integer({ min: 1, max: 5 }),
    // A page draws several plots per method: four show what seven would.
    methods: fc.integer({ min: 1, max: 4 }),
    accuracies: fc.array(fc.constantFrom(0, 1, 0.5, 0.7, 1 / 3), { maxLength: 4 }),
    epochs: fc.integer({ min: 1, max: 4 }),
    parameters: fc.constantFrom(0, 1, 278_324, 1e12),
  }),
  check: (input) =>
    outcome(async () => {
      const odd = await rendered(input, input.names);
      const plain = await rendered(input, PLAIN);
      const [found, wanted] = [htmlElements(odd.html), htmlElements(plain.html)];
      const more = [...found].filter((element) => !wanted.has(element));
      must(more.length === 0, 'no element or attribute of a name in the page', more);
      const markup = markdownElements(odd.markdown);
      const extra = [...markup].filter((element) => !markdownElements(plain.markdown).has(element));
      must(extra.length === 0, 'no element of a name in report.md', extra, odd.markdown);
      for (const text of [odd.html, odd.markdown, odd.terminal]) {
        expectNone(text, /[^\P{Cc}\n]/u, 'no control characters');
        if (!/NaN|undefined|object/.test(input.names.join()))
          expectNone(text, /\bNaN\b|\bundefined\b|\[object /, 'every number is one');
      }
      JSON.parse(JSON.stringify(odd.report));
    }),
});

/** That a text has no such place; what stands before the first one is told. */
function expectNone(text: string, pattern: RegExp, what: string): void {
  const place = text.search(pattern);
  if (place >= 0) must(false, what, text.slice(Math.max(0, place - 80), place + 20));
}

interface Element {
  readonly nodeName: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly Element[];
}

/** Kinds of elements of a page with the names of their attributes; links and sources with where they go. */
function htmlElements(html: string): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = ({ nodeName, attrs = [], childNodes = [] }: Element): void => {
    const parts = attrs.map(({ name: attribute, value }) =>
      /^(?:href|src|xlink:href)$/.test(attribute) ? `${attribute}=${value.slice(0, 40)}` : attribute,
    );
    found.add([nodeName, ...parts.sort()].join(' '));
    childNodes.forEach(walk);
  };
  walk(parse(html));
  return found;
}

/** Kinds of elements that Markdown becomes. An address that becomes a link to itself is none of a name's doing. */
function markdownElements(markdown: string): ReadonlySet<string> {
  const html = marked.parse(markdown, { gfm: true, async: false });
  return new Set([...htmlElements(html)].filter((element) => !/^a href=(?:https?:|mailto:)/.test(element)));
}
