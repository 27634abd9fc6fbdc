import type { ComponentChildren, VNode } from 'preact';
import type { AttentionStatistics, Explanation, Matrix } from '@distilljs/vam';
import { colourScale, DataTable, HeatTable, renderPage, Section } from '../report/index.js';
import type { ColourScale } from '../report/index.js';
import { ownConflict } from './explained.js';
import type { ExplainedRun, ExplainedTraining } from './explained.js';
import { MapsSection } from './maps-section.js';
import { OverSeedsSection } from './over-seeds-section.js';
import { TreeDrawing } from './tree-drawing.js';

const TITLE = 'What the students have learned';
const SHARES = colourScale([[[0, 1]]]);
const COSINES = colourScale([[[-1, 1]]]);
const DIVERGENCES = colourScale([[[0, Math.LN2]]]);

/** A training whose student is a mixture of experts. */
interface ExpertTraining extends ExplainedTraining {
  readonly experts: Explanation;
}

/** The page: findings, numbers side by side, then attention, tree and conflict of every training next to each other. */
export function explainPage({
  trainings,
  findings,
  classNames,
  conflictImages,
  ...rest
}: ExplainedRun): string {
  const experts = trainings.filter((one): one is ExpertTraining => one.experts !== undefined);
  const attending = trainings.filter((one) => one.layers.length > 0);
  return renderPage(
    { title: TITLE },
    <>
      <div class="lead">
        <p class="note">
          {`After the last epoch of each training. Entropies of mixtures of experts are taken at attention temperature 1 throughout; 0 is one parent alone, 1 (normalized) all alike. Conflict is the cosine between the gradients of two subtasks “is it class k?” in the trunk, on ${conflictImages} test images.`}
        </p>
        <div class="answer">
          <h1>{TITLE}</h1>
          <ul>
            {findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        </div>
      </div>
      <OverSeedsSection {...rest} />
      {experts.length === 0 ? null : <ExpertSections trainings={experts} classNames={classNames} />}
      {attending.length === 0 ? null : <LayerSection trainings={attending} />}
      <MapsSection {...rest} />
    </>,
  );
}

function ExpertSections({
  trainings,
  classNames,
}: {
  readonly trainings: readonly ExpertTraining[];
  readonly classNames: readonly string[];
}): VNode {
  return (
    <>
      <SideBySide trainings={trainings} />
      <PerTraining
        heading="The tree"
        note="Every class and expert with the one parent that it attends to most; classes in one box share their whole chain."
        trainings={trainings}
        draw={({ experts }) => <TreeDrawing tree={experts.tree} classNames={classNames} />}
      />
      <PerTraining
        heading="Attention"
        note="Rows attend to columns. Pale is 0, dark is 1."
        trainings={trainings}
        draw={({ experts: { levels } }) =>
          levels.map((level, at) => (
            <AttentionFigure
              key={level.name}
              level={level}
              rowNames={at === levels.length - 1 ? classNames : undefined}
            />
          ))
        }
      />
      <PerTraining
        heading="Conflict"
        note="Cosines between the gradients of two classes’ subtasks, under the targets of the training. Pale is −1, dark is 1."
        trainings={trainings}
        draw={(one) => {
          const conflict = ownConflict(one);
          return conflict === undefined ? null : (
            <Heat
              label="Conflict"
              values={conflict.cosines}
              scale={COSINES}
              rowNames={classNames}
              columnNames={classNames}
            />
          );
        }}
      />
      <PerTraining
        heading="Similarity of classes"
        note="Jensen–Shannon divergence of two classes’ attention to the last experts, in nats. Pale is alike."
        trainings={trainings}
        draw={({ experts: { similarity } }) => (
          <Heat
            label="Similarity of classes"
            values={similarity.jensenShannon}
            scale={DIVERGENCES}
            rowNames={classNames}
            columnNames={classNames}
          />
        )}
      />
      <PerTraining
        heading="Flow"
        note="Share of every class’s signal that comes from every expert of the first level."
        trainings={trainings}
        draw={({ experts: { flow } }) => (
          <Heat label="Flow" values={flow} scale={SHARES} rowNames={classNames} />
        )}
      />
    </>
  );
}

function SideBySide({ trainings }: { readonly trainings: readonly ExpertTraining[] }): VNode {
  const levels = trainings[0]?.experts.levels.map(({ name }) => name) ?? [];
  const head = [
    'training',
    'test accuracy',
    ...levels.map((level) => `entropy ${level} (normalized)`),
    'mean entropy',
    'edges ≥ 0.2',
    'groups of classes',
    'mean cosine',
    'pairs in conflict',
  ];
  const rows = trainings.map((one) => {
    const { experts } = one;
    const conflict = ownConflict(one);
    return {
      cells: [
        title(one),
        percent(one.testAccuracy),
        ...experts.levels.map(
          ({ entropy }) => `${entropy.mean.toFixed(3)} (${entropy.normalized.toFixed(2)})`,
        ),
        experts.entropy.toFixed(3),
        String(experts.levels.reduce((sum, { edges }) => sum + edges, 0)),
        String(experts.tree.groups.length),
        conflict?.mean.toFixed(3) ?? '–',
        conflict === undefined ? '–' : percent(conflict.negativeShare),
      ],
    };
  });
  return (
    <Section title="Side by side">
      <DataTable label="Side by side" head={head.map((name) => ({ name }))} rows={rows} isSortable />
    </Section>
  );
}

/** A section with one card per training. */
function PerTraining<Training extends ExplainedTraining>({
  heading,
  note,
  trainings,
  draw,
}: {
  readonly heading: string;
  readonly note: string;
  readonly trainings: readonly Training[];
  readonly draw: (training: Training) => ComponentChildren;
}): VNode {
  return (
    <Section title={heading} note={note}>
      <div class="cards">
        {trainings.map((one) => (
          <div key={title(one)} class="card">
            <h3>{title(one)}</h3>
            {draw(one)}
          </div>
        ))}
      </div>
    </Section>
  );
}

function LayerSection({ trainings }: { readonly trainings: readonly ExplainedTraining[] }): VNode {
  return (
    <PerTraining
      heading="Virtual attention"
      note="Blocks of filters (rows) attend to blocks of input maps (columns), at the temperature that the layer has learned."
      trainings={trainings}
      draw={({ testAccuracy, layers }) => (
        <>
          <p class="note">{percent(testAccuracy)}</p>
          {layers.map((layer) => (
            <AttentionFigure key={layer.name} level={layer} />
          ))}
        </>
      )}
    />
  );
}

function AttentionFigure({
  level: { name, attention, entropy, temperature },
  rowNames,
}: {
  readonly level: AttentionStatistics;
  readonly rowNames?: readonly string[] | undefined;
}): VNode {
  return (
    <figure>
      <h4>{name}</h4>
      <Heat label={name} values={attention} scale={SHARES} rowNames={rowNames} />
      <figcaption>
        {`Mean entropy ${entropy.mean.toFixed(3)} nats, normalized ${entropy.normalized.toFixed(2)}, at temperature ${temperature.toPrecision(3)}.`}
      </figcaption>
    </figure>
  );
}

function Heat({
  label,
  ...table
}: {
  readonly label: string;
  readonly values: Matrix;
  readonly scale: ColourScale;
  readonly rowNames?: readonly string[] | undefined;
  readonly columnNames?: readonly string[] | undefined;
}): VNode {
  return (
    <HeatTable
      label={label}
      {...table}
      isUpright={table.columnNames !== undefined}
      text={(value) => value.toFixed(2).replace('-', '−')}
    />
  );
}

const title = ({ method, seed }: ExplainedTraining): string => `${method}, seed ${seed}`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
