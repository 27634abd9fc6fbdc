import { createHash } from 'node:crypto';
import type { InspectedExhibit, Inspection } from '@distilljs/core';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/index.js';
import { costPoints } from '../../src/report/cost-plot.js';
import { METHODS, fixtureReport, fixtureResults } from './report-fixture.js';

const METHOD = METHODS[2] as (typeof METHODS)[number];

/** Drawn once: plots take their time. */
const PAGE = renderHtml(fixtureReport(), fixtureResults(METHODS, 5, 6));

describe('renderHtml', () => {
  it('is one page that asks for nothing', async () => {
    const page = await PAGE;
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).not.toMatch(/<(link|img|iframe|object)\b/);
    expect(page).not.toMatch(/\b(src|href)="(?!#)|@import|url\((?!#)/);
    const addresses = [...page.matchAll(/https?:\/\/[^"'\s<)]+/g)].map(([address]) => address);
    // Names of XML vocabularies: nothing is fetched for them.
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  });

  it('names its style and its script by their hashes, and allows no other', async () => {
    const page = await renderHtml(fixtureReport([METHOD], 1), fixtureResults([METHOD], 1, 2));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    const hashOf = (tag: string): string => {
      const [, text = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? [];
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    };
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hashOf('script')};`);
    expect(policy).toContain(`style-src-elem ${hashOf('style')};`);
    expect(policy).not.toContain('connect-src');
    expect(page.match(/<script\b/g)).toHaveLength(1);
    expect(page).not.toMatch(/\son[a-z]+=/);
  });

  it('shows every method, the teacher and the words', async () => {
    const page = await PAGE;
    for (const { name } of METHODS) {
      expect(page).toContain(`<th scope="row">${name}</th>`);
      expect(page).toContain(`<h3>${name}</h3>`);
    }
    expect(page).toContain('cckd ranks first');
    expect(page).toContain('teacher resnet56');
    expect(page).toContain('above second-ranked rtk');
    expect(page.match(/p-values are from paired t-tests over seeds, uncorrected/g)).toHaveLength(3);
    // The first is 0.01 points above the next: that is open.
    expect(page).not.toContain('<tr class="best">');
    // Measured with the weights of its best validation epoch, and so not in the column of the last.
    const [, results = ''] = page.split('<section id="results"');
    const head = [...results.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, name]) => name);
    const teacher = /<tr class="teacher"><th scope="row">teacher resnet56.*?<\/tr>/.exec(page)?.[0] ?? '';
    const cells = [...teacher.matchAll(/<t[hd][^>]*>([^<]*)</g)].map(([, cell], at) => [head[at], cell]);
    expect(cells.filter(([, cell]) => cell !== '')).toEqual([
      ['method', 'teacher resnet56'],
      ['test %, best', '72.44'],
    ]);
    expect(page).toContain('278,324');
    expect(page).toContain('distill-bench run --config config.json');
    // Accuracy and cost in two sizes, and two plots per method.
    expect(page.match(/<svg /g)).toHaveLength(4 + 2 * METHODS.length);
  });

  it('sorts by accuracy, and colours the first and what cannot be told from it', async () => {
    const page = await PAGE;
    const rows = [...page.matchAll(/<tr><th scope="row">([^<]+)<\/th><td>5</g)].map(([, name]) => name);
    expect(rows).toEqual(['cckd', 'rtk', 'kd', 'vam', 'mhgd', 'label-smoothing', 'student']);
    const [, plot = ''] = /class="wide"[^>]*>(.*?)<\/svg>/.exec(page) ?? [];
    // cckd is filled, rtk is not told from it and so hollow, and both intervals and numbers are coloured.
    expect(plot.match(/fill="var\(--paper\)"/g)).toHaveLength(1);
    expect(plot.match(/fill="var\(--accent\)"/g)).toHaveLength(3);
    expect(plot).toContain('aria-label="kd, seed 3: 70.19 %"');
    expect(plot.match(/aria-label="[^"]+, seed \d: /g)).toHaveLength(7 * 5);
  });

  it('joins what no method beats in both time and accuracy', () => {
    const points = costPoints(fixtureReport(), fixtureResults(METHODS, 5, 6));
    // By seconds per epoch: 61.2 student, 61.4 label smoothing, 84.9 kd, 88.3 cckd; the others are slower than cckd and worse.
    expect(points.filter(({ onFront }) => onFront).map(({ method }) => method)).toEqual([
      'student',
      'label-smoothing',
      'kd',
      'cckd',
    ]);
    // Six epochs of 84.9 + 0.1 · seed seconds, the seeds' mean 85.1.
    expect(points.find(({ method }) => method === 'kd')?.minutes).toBeCloseTo((6 * 85.1) / 60, 10);
  });

  it('gives every plot words, and inner names of its own', async () => {
    const page = await PAGE;
    const images = [...page.matchAll(/role="img" aria-label="([^"]+)"/g)].map(([, label]) => label ?? '');
    expect(images).toHaveLength(4 + 2 * METHODS.length);
    expect(images.join('\n')).toContain('Validation accuracy of kd by epoch');
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/(?:url\(|href=")#([^)"]+)/g)) expect(ids).toContain(id);
  });

  it('leaves no markup in names', async () => {
    const odd = { ...METHOD, name: '<img src=x>&"' };
    const report = fixtureReport([METHOD], 2);
    const results = fixtureResults([odd], 2, 3);
    const rows = report.rows.map((row) => ({ ...row, method: odd.name }));
    const page = await renderHtml({ ...report, rows }, results);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x>&amp;&quot;');
  });

  it('takes one seed, no epochs and no validation', async () => {
    const report = fixtureReport([METHOD], 1);
    const [result] = fixtureResults([METHOD], 1, 2);
    if (result === undefined) throw new Error('fixture');
    expect(await renderHtml(report, [{ ...result, epochs: [] }])).toContain('Nothing was logged.');
    const blind = result.epochs.map((epoch) => ({ ...epoch, validation: [] }));
    const page = await renderHtml(report, [{ ...result, epochs: blind }]);
    expect(page).not.toContain('Validation accuracy of kd');
    expect(page).toContain('Loss terms of kd by epoch.');
  });

  it('shows what methods look at: small matrices as tables, large ones as pictures', async () => {
    const [report, results] = [fixtureReport([METHOD], 1), fixtureResults([METHOD], 1, 2)];
    const image = {
      title: 'image',
      labels: Array.from({ length: 20 }, (_, index) => (index < 12 ? 'cat' : '<dog>')),
    };
    const small = { title: 'stage', labels: ['one', '<two>'] };
    const large = Array.from({ length: 20 }, (_, row) => image.labels.map((_label, column) => row * column));
    const exhibits = (low: number): InspectedExhibit[] => [
      {
        name: 'a',
        title: 'Small & legible',
        rows: small,
        columns: small,
        panels: [
          {
            values: [
              [low, 2],
              [3, 4],
            ],
          },
        ],
      },
      { name: 'b', title: 'Large', rows: image, columns: image, panels: [{ name: 'left', values: large }] },
    ];
    const moment = (epoch: number, low: number): Inspection => ({
      phase: 'train',
      epoch,
      globalEpoch: epoch,
      exhibits: exhibits(low),
    });
    const shown = [{ method: 'kd', seed: 3, inspections: [moment(0, -1), moment(9, 1)] }];
    const page = await renderHtml(report, results, shown);
    expect(page).toContain('What the methods look at');
    expect(page).toContain('kd, seed 3');
    expect(page).toContain('train, epoch 10');
    expect(page).toContain('Small &amp; legible');
    expect(page).toContain('Rows: stage; columns: stage. From -1.00 to 4.00.');
    expect(page).toContain('&lt;two>');
    expect(page).toContain('Rows: image (12 cat, 8 &lt;dog>); columns: image (12 cat, 8 &lt;dog>).');
    expect(page.match(/<table class="heat"/g)).toHaveLength(2);
    const pictures = [
      ...page.matchAll(/<img class="heat" alt="Large, left" src="data:image\/png;base64,([^"]+)"/g),
    ];
    expect(pictures).toHaveLength(2);
    const picture = PNG.sync.read(Buffer.from(pictures[0]?.[1] ?? '', 'base64'));
    expect([picture.width, picture.height]).toEqual([20, 20]);
    // 0 · 0 is the least value and pale, 19 · 19 the greatest and dark.
    const [red = 0, , blue = 0] = picture.data.subarray(-4);
    expect(picture.data[0]).toBeGreaterThan(200);
    expect(red).toBeLessThan(blue);
    expect(await renderHtml(report, results)).not.toContain('What the methods look at');
  });

  it('gives the same text for the same results', async () => {
    const [report, results] = [fixtureReport([METHOD], 2), fixtureResults([METHOD], 2, 3)];
    expect((await renderHtml(report, results)) === (await renderHtml(report, results))).toBe(true);
  });
});
