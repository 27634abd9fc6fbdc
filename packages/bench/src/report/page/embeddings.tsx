import type { VNode } from 'preact';
import { isShare, measureTitle } from '../measure-title.js';
import type { Summary } from '../../statistics/index.js';
import { listed, meanAndDeviation, NONE } from '../format.js';
import type { Report } from '../report-data.js';
import { DataTable } from './data-table.js';
import { Section } from './parts.js';

/** How well embeddings recognize: nothing where that was not measured. */
export function Embeddings({ report: { embeddings } }: { readonly report: Report }): VNode | null {
  if (embeddings === null) return null;
  const { methods, images, layers } = embeddings;
  const names = [...new Set(methods.flatMap(({ measures }) => Object.keys(measures)))];
  return (
    <Section
      id="embeddings"
      title="Embeddings"
      isBroad
      note={`How well the output of ${listed(layers)} recognizes: ${images}. Mean and standard deviation over seeds.`}
    >
      <DataTable
        label="Measures of the embeddings"
        head={[{ name: 'method' }, ...names.map((name) => ({ name: measureTitle(name) }))]}
        rows={methods.map(({ method, measures }) => ({
          kind: method === 'teacher' ? 'teacher' : undefined,
          cells: [method, ...names.map((name) => textOf(measures[name], !isShare(name)))],
        }))}
        isSortable
      />
    </Section>
  );
}

function textOf(summary: Summary | undefined, isPlain: boolean): string {
  if (summary === undefined) return NONE;
  if (!isPlain) return meanAndDeviation(summary);
  const { mean, sd } = summary;
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}
