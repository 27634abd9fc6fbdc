import type { VNode } from 'preact';
import { byAccuracy } from '../accuracy-plot.js';
import type { Report } from '../report-data.js';
import { CostTable, hasCosts } from './measures.js';
import { Details, Drawing, Section } from './parts.js';
import type { FindPlot } from './parts.js';

/** A plot for wide pages and one for narrow ones: the style shows one of them. */
function Responsive({ name, find }: { readonly name: string; readonly find: FindPlot }): VNode {
  const [wide, narrow] = [find(name), find(`${name}-narrow`)];
  return (
    <>
      {wide === undefined ? null : <Drawing {...wide} kind="wide" />}
      {narrow === undefined ? null : <Drawing {...narrow} kind="narrow" />}
    </>
  );
}

/** Who is how good, and how sure that is. */
export function AccuracyFigure({
  report: { race },
  find,
}: {
  readonly report: Report;
  readonly find: FindPlot;
}): VNode {
  const coloured =
    race === null
      ? 'the method that ranks first and, hollow, those that a paired t-test over the seeds cannot tell from it'
      : race.end === 'winner'
        ? 'the winner of the race'
        : 'the methods that are left in the race; filled, the most accurate of them';
  return (
    <Section
      id="accuracy"
      title="Accuracy"
      note={`On the test images after the last epoch. Large dot and line: mean over seeds and its 95 % interval. Small dots: single seeds. In colour: ${coloured}.`}
    >
      <figure>
        <Responsive name="accuracy" find={find} />
      </figure>
    </Section>
  );
}

/** What accuracy costs. */
export function CostFigure({
  report,
  find,
}: {
  readonly report: Report;
  readonly find: FindPlot;
}): VNode | null {
  if (find('cost') === undefined) return null;
  return (
    <Section
      id="cost"
      title="Accuracy against cost"
      note="Time of a whole training, mean over seeds. The steps join the methods that no other beats in both time and accuracy; the others are pale. Where there is no room for a name, it shows on hover."
    >
      <figure>
        <Responsive name="cost" find={find} />
      </figure>
      {hasCosts(report) ? (
        <Details summary="Time, memory, size and latency in numbers">
          <CostTable report={report} />
        </Details>
      ) : null}
    </Section>
  );
}

/** How each method got there. */
export function Curves({ report, find }: { readonly report: Report; readonly find: FindPlot }): VNode {
  const methods = byAccuracy(report).map(({ method }) => method);
  const losses = methods.filter(
    (method) => find(`terms-${method}`) !== undefined || find(`watched-${method}`) !== undefined,
  );
  return (
    <Section
      id="curves"
      title="Learning curves"
      note="Validation accuracy by epoch. Thin lines: seeds. Thick line: their mean. Grey: the other methods. The axis leaves out the lowest quarter of all values."
    >
      <div class="cards">
        {methods.map((method) => {
          const drawn = find(`validation-${method}`);
          return (
            <figure key={method} class="card">
              <h3>{method}</h3>
              {drawn === undefined ? <p class="note">Nothing was logged.</p> : <Drawing {...drawn} />}
            </figure>
          );
        })}
      </div>
      {losses.length === 0 ? null : (
        <Details summary="Loss terms and monitored values, by method">
          <p class="note">
            Weighted terms of the loss, averaged over seeds, with one line per network where several are
            trained; then values that are monitored but not trained on.
          </p>
          <div class="cards">
            {losses.map((method) => (
              <figure key={method} class="card">
                <h3>{method}</h3>
                {[find(`terms-${method}`), find(`watched-${method}`)].map((drawn) =>
                  drawn === undefined ? null : <Drawing key={drawn.words} {...drawn} />,
                )}
              </figure>
            ))}
          </div>
        </Details>
      )}
    </Section>
  );
}
