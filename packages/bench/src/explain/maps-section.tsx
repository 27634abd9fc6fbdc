import type { VNode } from 'preact';
import { DataTable, Details, Section } from '../report/index.js';
import { withInterval } from './explain-findings.js';
import type { ExplainedRun } from './explained.js';

/** How far the maps of networks are from those that they learned with, with an adversary and without. */
export function MapsSection({
  maps,
  mapsSummaries,
  mapsComparisons,
}: Pick<ExplainedRun, 'maps' | 'mapsSummaries' | 'mapsComparisons'>): VNode | null {
  const [one] = maps;
  if (one === undefined) return null;
  const number = (value: number | undefined): string => value?.toFixed(3).replace(/^-/, '−') ?? '–';
  return (
    <Section
      title="Does the adversary move the maps?"
      isBroad
      note={`MMD² (unbiased, Gaussian kernel, median heuristic) between the feature maps of a network's last stage and those of the network that it learned with, on ${one.images} validation images each. 0: one distribution. Standardized: every channel with mean 0 and deviation 1, as a discriminator's batch norm sees it. A loss of 0.5 and scores of 0.5 are chance for a discriminator; a loss near 0 leaves the extractor without a gradient.`}
    >
      <DataTable
        label="Distance of feature maps over seeds"
        head={['method', 'adversary', 'seeds', 'MMD²', 'MMD², standardized'].map((name) => ({ name }))}
        rows={mapsSummaries.map(({ method, hasAdversary, squared, standardized }) => ({
          cells: [
            method,
            hasAdversary ? 'yes' : 'no',
            String(squared.n),
            withInterval(squared),
            withInterval(standardized),
          ],
        }))}
        isSortable
      />
      {mapsComparisons.length === 0 ? null : (
        <DataTable
          label="With and without the adversary"
          head={['pair', 'difference of MMD²', 'p', 'standardized', 'p'].map((name) => ({ name }))}
          rows={mapsComparisons.map(({ first, second, squared, standardized }) => ({
            cells: [
              `${first} − ${second}`,
              withInterval(squared),
              number(squared.p ?? undefined),
              withInterval(standardized),
              number(standardized.p ?? undefined),
            ],
          }))}
        />
      )}
      <Details summary="Every network">
        <DataTable
          label="Distance of feature maps, network by network"
          head={[
            ...['method', 'seed', 'network', 'against', 'MMD²', 'p', 'standardized', 'p'],
            ...['loss of the discriminator', 'score of own maps', "score of the peer's"],
          ].map((name) => ({ name }))}
          rows={maps.map(({ method, seed, network, peer, distance, standardized, discriminator }) => ({
            cells: [
              ...[method, String(seed), network, peer],
              ...[number(distance?.squared), number(distance?.p)],
              ...[number(standardized?.squared), number(standardized?.p)],
              ...[number(discriminator?.loss), number(discriminator?.ownScore)],
              number(discriminator?.peerScore),
            ],
          }))}
          isSortable
        />
      </Details>
    </Section>
  );
}
