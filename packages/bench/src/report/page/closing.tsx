import type { VNode } from 'preact';
import type { Report } from '../report-data.js';
import { REPRODUCTION, configText } from '../words.js';
import { Code, Details, Entries, Section } from './parts.js';

/** What limits the numbers, in full. */
export function Limits({
  caveats,
  omitted,
}: {
  readonly caveats: readonly string[];
  /** What is not shown, and why. */
  readonly omitted: readonly string[];
}): VNode | null {
  if (caveats.length + omitted.length === 0) return null;
  return (
    <Section id="limits" title="What limits these numbers">
      <ul>
        {[...caveats, ...omitted].map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
    </Section>
  );
}

/** How to make the same run, and what it was made with. */
export function Reproduction({ report }: { readonly report: Report }): VNode {
  return (
    <Section
      id="reproduce"
      title="Run it again"
      note="The same configuration, seeds and engine give the same run."
    >
      <Details summary="Configuration">
        <Code text={configText(report.config)} />
      </Details>
      <Details summary="Environment">
        <Entries entries={environmentEntries(report)} />
      </Details>
      <p>In the folder of this run:</p>
      <Code text={REPRODUCTION} />
    </Section>
  );
}

function environmentEntries({
  environment,
  schema,
}: Report): readonly (readonly [name: string, value: string])[] {
  const { engine, packages } = environment;
  return [
    ['Engine', `${engine.name} (${engine.version})`],
    ...engine.refused.map(({ name, reason }) => [`Not ${name}`, reason] as const),
    ['Node', environment.node],
    ['System', environment.system],
    ['Processor', `${environment.cores} × ${environment.processor}, ${environment.memoryGib} GiB of memory`],
    [
      'Packages',
      Object.entries(packages)
        .map((entry) => entry.join(' '))
        .join(', '),
    ],
    ['Report format', String(schema)],
  ];
}
