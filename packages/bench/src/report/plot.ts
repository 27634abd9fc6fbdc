import type { Config, TopLevelSpec } from 'vega-lite';

/** The reader's system font: a report loads nothing. */
const FONT = 'system-ui, sans-serif';

/** Axes and text take the page's text colour, so that a plot is readable in both themes. */
const INK = 'currentColor';

const CONFIG: Config = {
  aria: false,
  background: 'transparent',
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: INK,
    gridOpacity: 0.15,
    domainOpacity: 0.4,
    tickOpacity: 0.4,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 160,
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 11,
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelLimit: 0,
    offset: 4,
  },
  text: { color: INK, fontSize: 12 },
};

/**
 * A Vega-Lite description as an SVG element for a page, in the page's colours.
 *
 * @param id unique on the page: ids inside an SVG are global to the page
 */
export async function renderPlot(id: string, description: TopLevelSpec): Promise<string> {
  const svg = await drawn(description, CONFIG);
  return withOwnNames(id, svg.replace(/<svg /, '<svg aria-hidden="true" '));
}

/** The page's colours on white paper. */
const PAPER = { currentColor: '#17191c', 'var(--accent)': '#0a5fb4', 'var(--paper)': '#ffffff' };

/** The same as a separate file, on white. */
export async function renderPlotOnPaper(description: TopLevelSpec): Promise<string> {
  // Only browsers resolve `system-ui`.
  const font = 'Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif';
  const svg = await drawn(description, { ...CONFIG, font, background: '#ffffff', padding: 12 });
  const coloured = Object.entries(PAPER).reduce(
    (text, [name, colour]) => text.replaceAll(`"${name}"`, `"${colour}"`),
    svg,
  );
  return `${withOwnNames('plot', coloured)}\n`;
}

async function drawn(description: TopLevelSpec, config: Config): Promise<string> {
  // Large libraries that only drawings need.
  const [{ compile }, { View, parse }, { expressionInterpreter }] = await Promise.all([
    import('vega-lite'),
    import('vega'),
    import('vega-interpreter'),
  ]);
  // Interpreted expressions need no `eval`, which a strict content security policy forbids.
  const runtime = parse(compile(description, { config }).spec, undefined, { ast: true });
  const view = new View(runtime, { renderer: 'none', expr: expressionInterpreter });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/** Vega numbers clip paths across all plots of a process; here they are renumbered within the plot. */
function withOwnNames(id: string, svg: string): string {
  const names = [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, name]) => name ?? '');
  return names.reduce(
    (text, name, place) =>
      text
        .replaceAll(`id="${name}"`, `id="${id}-${place}"`)
        .replaceAll(`url(#${name})`, `url(#${id}-${place})`),
    svg,
  );
}
