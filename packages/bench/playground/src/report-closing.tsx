import type { VNode } from 'preact';
import { Code, Details, Entries, Section } from '../../src/report/page/parts.js';
import type { Report } from '../../src/report/report-data.js';
import { configText } from '../../src/report/words.js';

/** How the run was made, for a page that has no run folder. */
export function ReportClosing({ report }: { readonly report: Report }): VNode {
  const { config, environment } = report;
  const { engine } = environment;
  const isSample = config.dataset.name === 'synthetic';
  return (
    <Section id="reproduce" title="Run it again">
      <p>
        {isSample
          ? 'Save this configuration as run.yaml and run it on your computer, with more seeds if you like:'
          : 'The bench runs the same comparison on a folder of your images. Put the folder into this configuration first:'}
      </p>
      <Code text="distill-bench run --config run.yaml --out runs/again" />
      <Details summary="Configuration">
        <Code text={configText(config)} />
      </Details>
      <Details summary="Environment">
        <Entries
          entries={[
            ['Engine', `${engine.name} (${engine.version})`],
            ...engine.refused.map(({ name, reason }) => [`Not ${name}`, reason] as const),
            ['Browser', environment.node],
            ['System', environment.system],
            ['Processors', String(environment.cores)],
          ]}
        />
      </Details>
    </Section>
  );
}
