import { describe, expect, it } from 'vitest';
import {
  buildReport,
  findings,
  renderCsv,
  renderHtml,
  renderMarkdown,
  renderTerminal,
} from '../../src/report/index.js';
import { termPlot, watchedPlot } from '../../src/report/curve-plot.js';
import type { MethodResult, Report } from '../../src/report/index.js';
import {
  ENVIRONMENT,
  fixtureConfig,
  fixtureReport,
  fixtureResults,
  METHODS,
  TEACHER,
} from './report-fixture.js';

const SEEDS = 2;
const CHOSEN = METHODS.filter(({ name }) => ['student', 'kd', 'mhgd'].includes(name));

/** The fixture's results, those of one method as if it had trained a small network (counted) and a large one. */
function results(): MethodResult[] {
  return fixtureResults(CHOSEN, SEEDS, 4).map((result) => {
    if (result.method !== 'mhgd') return result;
    const own = { model: 'resnet20', counted: true, parameters: 278_324, macs: 40_817_664 };
    const large = { ...own, model: 'resnet32', counted: false, parameters: 470_000 };
    const { testAccuracyLast, testAccuracyBest } = result;
    const accuracies = { testAccuracyLast, testAccuracyBest };
    return {
      ...result,
      cohort: {
        networks: [
          { ...large, testAccuracyLast: testAccuracyLast + 0.02, testAccuracyBest: 0.73 },
          { ...own, ...accuracies },
        ],
        ensembleAccuracyLast: 0.75 + 0.01 * result.seed,
        ensembleAccuracyBest: 0.74,
      },
      epochs: result.epochs.map((epoch) => ({
        ...epoch,
        terms: {
          ce1: { value: 2, weight: 1 },
          ce2: { value: 4, weight: 1 },
          own1: { value: 0.4, weight: 0 },
        },
        validation: epoch.validation.flatMap((one) => [{ ...one, accuracy: 0.999 }, one]),
      })),
    };
  });
}

const reportOf = (): Report => buildReport(fixtureConfig(CHOSEN, SEEDS, 4), ENVIRONMENT, TEACHER, results());

describe('a report with a cohort', () => {
  it('has its networks and their ensemble over the seeds', () => {
    const row = reportOf().rows.find(({ method }) => method === 'mhgd');
    const [large, own] = row?.cohort?.networks ?? [];
    expect(large).toMatchObject({ model: 'resnet32', counted: false, parameters: 470_000 });
    expect(large?.testAccuracyLast.mean).toBeCloseTo((0.6981 + 0.7047) / 2 + 0.02, 10);
    expect(own?.testAccuracyLast).toEqual(row?.testAccuracyLast);
    expect(row?.cohort?.ensembleAccuracyLast.mean).toBeCloseTo(0.755, 10);
    expect(row?.perSeed.map((seed) => seed.ensembleAccuracyLast)).toEqual([0.75, 0.76]);
  });

  it('says what is compared with what', () => {
    expect(findings(reportOf()).caveats).toContainEqual(
      expect.stringMatching(
        /mean over their resnet20 networks, each used alone \(mhgd 1 of 2\).*the single resnet20 .* with the same seed/,
      ),
    );
    expect(findings(fixtureReport()).caveats.join()).not.toContain('together');
  });

  it('shows networks and ensemble in every rendering', async () => {
    const report = reportOf();
    const markdown = renderMarkdown(report);
    expect(markdown).toMatch(/\| +ensemble % \|/);
    expect(markdown).toMatch(/\| mhgd +\| 1: resnet32 +\| 470,000 +\| 72\.14 ± 0\.47 \|/);
    expect(markdown).toMatch(/\| mhgd +\| ensemble +\| 748,324 +\| 75\.50 ± 0\.71 \|/);
    expect(renderTerminal(report)).toContain('mhgd, 1: resnet32: 72.14 ± 0.47 % test accuracy');
    expect(renderCsv(report).split('\n')[0]).toContain('ensembleAccuracyLast.mean');
    const html = await renderHtml(report, results());
    expect(html).toContain('<h2>Networks trained together</h2>');
    expect(html).toContain('Values that mhgd monitors beside its loss');
    // The curve is that of the network that counts, not of the other's 99.9 %.
    expect(html).toMatch(/Validation accuracy of mhgd by epoch: (6\d|7\d)\./);
  });

  it('draws a line per network, of one colour per term, so that no network hides behind the mean', () => {
    const plot = termPlot('mhgd', results());
    const points = (plot as unknown as { data: { values: { series: string; network: string }[] } }).data
      .values;
    expect(new Set(points.map(({ series, network }) => `${series} of ${network}`))).toEqual(
      new Set(['ce of 1', 'ce of 2']),
    );
    expect(plot).toMatchObject({ encoding: { strokeDash: { field: 'network' } } });
    expect(watchedPlot('mhgd', results())).toMatchObject({
      data: { values: [{ series: 'own' }, {}, {}, {}] },
    });
    expect(termPlot('kd', results())).not.toHaveProperty('encoding.strokeDash');
  });

  it('is as before where no method has a cohort', async () => {
    expect(renderMarkdown(fixtureReport())).not.toContain('ensemble');
    expect(await renderHtml(fixtureReport(), fixtureResults(METHODS, 5, 3))).not.toContain(
      'trained together</h2>',
    );
  });
});
