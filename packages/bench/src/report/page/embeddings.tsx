import type { VNode } from 'preact';
import type { Summary } from '../../statistics/index.js';
import { meanAndDeviation, NONE } from '../format.js';
import type { Report } from '../report-data.js';
import { DataTable } from './data-table.js';
import { Section } from './parts.js';

/** How well embeddings recognize: nothing where that was not measured. */
export function Embeddings({ report: { embeddings } }: { readonly report: Report }): VNode | null {
  if (embeddings === null) return null;
  const { methods, images } = embeddings;
  const names = [...new Set(methods.flatMap(({ measures }) => Object.keys(measures)))];
  return (
    <Section
      id="embeddings"
      title="Embeddings"
      isBroad
      note={`How well the layer before the logits recognizes: ${images}. Mean and standard deviation over seeds.`}
    >
      <DataTable
        label="Measures of the embeddings"
        head={[{ name: 'method' }, ...names.map((name) => ({ name: headOf(name) }))]}
        rows={methods.map(({ method, measures }) => ({
          kind: method === 'teacher' ? 'teacher' : undefined,
          cells: [method, ...names.map((name) => textOf(measures[name], isCosine(name)))],
        }))}
        isSortable
      />
    </Section>
  );
}

const TAR = 'TAR@FAR ';

/** A measure with its unit; a rate of false accepts is a share in its name. */
function headOf(name: string): string {
  if (isCosine(name)) return name;
  return name.startsWith(TAR) ? `TAR %, FAR ${100 * Number(name.slice(TAR.length))} %` : `${name} %`;
}

const isCosine = (name: string): boolean => name.startsWith('cosine');

function textOf(summary: Summary | undefined, isPlain: boolean): string {
  if (summary === undefined) return NONE;
  if (!isPlain) return meanAndDeviation(summary);
  const { mean, sd } = summary;
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}
