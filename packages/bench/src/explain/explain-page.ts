import escapeHtml from 'escape-html';
import type { AttentionStatistics, Explanation, Matrix } from '@distilljs/vam';
import { colourScale } from '../report/heat-map.js';
import type { ColourScale } from '../report/heat-map.js';
import { STYLE } from '../report/html-style.js';
import { ownConflict } from './explain-findings.js';
import type { ExplainedRun, ExplainedTraining } from './explained.js';
import { treeDrawing } from './tree-drawing.js';

/** The page: findings, numbers side by side, then attention, tree and conflict of every training next to each other. */
export function explainPage({ trainings, findings, classNames, conflictImages }: ExplainedRun): string {
  const experts = trainings.filter((one) => one.experts !== undefined);
  const attending = trainings.filter((one) => one.layers.length > 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the students attend to</title><style>${STYLE}</style></head><body><main>
<h1>What the students attend to</h1>
${findings.length === 0 ? '' : `<ul>${findings.map((finding) => `<li>${escapeHtml(finding)}</li>`).join('')}</ul>`}
<p class="note">After the last epoch of each training. Entropies of mixtures of experts are taken at attention temperature 1 throughout; 0 is one parent alone, 1 (normalised) all alike. Conflict is the cosine between the gradients of two subtasks “is it class k?” in the trunk, on ${conflictImages} test images.</p>
${experts.length === 0 ? '' : expertSections(experts, classNames)}
${attending.length === 0 ? '' : layerSection(attending)}
</main></body></html>
`;
}

function expertSections(trainings: readonly ExplainedTraining[], classNames: readonly string[]): string {
  const levels = trainings[0]?.experts?.levels.map(({ name }) => name) ?? [];
  const rows = trainings.map((one) => {
    const experts = one.experts as Explanation;
    const conflict = ownConflict(one);
    const cells = [
      percent(one.testAccuracy),
      ...experts.levels.map(({ entropy }) => `${entropy.mean.toFixed(3)} (${entropy.normalized.toFixed(2)})`),
      experts.entropy.toFixed(3),
      String(experts.levels.reduce((sum, { edges }) => sum + edges, 0)),
      String(experts.tree.groups.length),
      conflict?.mean.toFixed(3) ?? '–',
      conflict === undefined ? '–' : percent(conflict.negativeShare),
    ];
    return `<tr><th scope="row">${title(one)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = [
    'training',
    'test accuracy',
    ...levels.map((level) => `entropy ${level} (normalised)`),
    'mean entropy',
    'edges ≥ 0.2',
    'groups of classes',
    'mean cosine',
    'pairs in conflict',
  ];
  const cards = (
    heading: string,
    note: string,
    draw: (one: ExplainedTraining, of: Explanation) => string,
  ): string =>
    `<section><h2>${heading}</h2><p class="note">${note}</p><div class="cards">${trainings
      .map((one) => `<div class="card"><h3>${title(one)}</h3>${draw(one, one.experts as Explanation)}</div>`)
      .join('\n')}</div></section>`;
  const shares = colourScale([[[0, 1]]]);
  const cosines = colourScale([[[-1, 1]]]);
  return `<section><h2>Side by side</h2><div class="scroll"><table><thead><tr>${head
    .map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`)
    .join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>
${cards('The tree', 'Every class and expert with the one parent that it attends to most; classes in one box share their whole chain.', (_one, { tree }) => treeDrawing(tree, classNames))}
${cards('Attention', 'Rows attend to columns. Pale is 0, dark is 1.', (_one, { levels: all }) =>
  all
    .map((level, at) => attentionFigure(level, shares, at === all.length - 1 ? classNames : undefined))
    .join(''),
)}
${cards(
  'Conflict',
  'Cosines between the gradients of two classes’ subtasks, under the targets of the training. Pale is −1, dark is 1.',
  (one) => {
    const conflict = ownConflict(one);
    return conflict === undefined ? '' : heatTable(conflict.cosines, cosines, classNames, classNames);
  },
)}
${cards(
  'Similarity of classes',
  'Jensen–Shannon divergence of two classes’ attention to the last experts, in nats. Pale is alike.',
  (_one, { similarity }) =>
    heatTable(similarity.jensenShannon, colourScale([[[0, Math.LN2]]]), classNames, classNames),
)}
${cards('Flow', 'Share of every class’s signal that comes from every expert of the first level.', (_one, { flow }) => heatTable(flow, shares, classNames))}`;
}

function layerSection(trainings: readonly ExplainedTraining[]): string {
  const shares = colourScale([[[0, 1]]]);
  const cards = trainings.map(
    (one) =>
      `<div class="card"><h3>${title(one)}, ${percent(one.testAccuracy)}</h3>${one.layers
        .map((layer) => attentionFigure(layer, shares))
        .join('')}</div>`,
  );
  return `<section><h2>Virtual attention</h2><p class="note">Blocks of filters (rows) attend to blocks of input maps (columns), at the temperature that the layer has learned.</p><div class="cards">${cards.join('\n')}</div></section>`;
}

function attentionFigure(
  { name, attention, entropy, temperature }: AttentionStatistics,
  scale: ColourScale,
  rowNames?: readonly string[],
): string {
  return `<figure><h4>${escapeHtml(name)}</h4>${heatTable(attention, scale, rowNames)}<figcaption>Mean entropy ${entropy.mean.toFixed(3)} nats, normalised ${entropy.normalized.toFixed(2)}, at temperature ${temperature.toPrecision(3)}.</figcaption></figure>`;
}

function heatTable(
  values: Matrix,
  scale: ColourScale,
  rowNames?: readonly string[],
  columnNames?: readonly string[],
): string {
  const nameOf = (names: readonly string[] | undefined, at: number): string =>
    escapeHtml(names?.[at] ?? String(at + 1));
  const head = (values[0] ?? []).map((_, at) => `<th scope="col">${nameOf(columnNames, at)}</th>`);
  const body = values.map((row, at) => {
    const cells = row.map((value) => {
      const { colour, ink } = scale.at(value);
      return `<td style="background:${colour};color:${ink}">${value.toFixed(2)}</td>`;
    });
    return `<tr><th scope="row">${nameOf(rowNames, at)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="heat"><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

const title = ({ method, seed }: ExplainedTraining): string => `${escapeHtml(method)}, seed ${seed}`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
