/**
 * The style sheet of a page: system fonts, light and dark themes, one accent colour, and a margin column for headings and notes
 * that collapses on narrow screens.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #131518); --ink: light-dark(#17191c, #e6e8eb);
  --soft: light-dark(#5b626b, #9ca4ae); --line: light-dark(#dcdfe3, #31363d);
  --wash: light-dark(#f6f7f8, #1b1e22); --accent: light-dark(#0a5fb4, #7fb9f7);
  --serif: Charter, 'Bitstream Charter', 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Source Serif 4', Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans); }
main { max-width: 78rem; margin: 0 auto; padding: clamp(1.25rem, 3vw, 3rem) clamp(1rem, 3vw, 2.5rem) 4rem; }
h1, h2, h3, h4, p, ul, dl, figure, pre { margin: 0; }
h1 { font-size: 1rem; font-weight: 500; color: var(--soft); }
h2 { font-size: 1rem; font-weight: 650; line-height: 1.35; }
h3 { font-size: .9375rem; font-weight: 650; }
h4 { font-size: .8125rem; font-weight: 500; color: var(--soft); }
p, li, summary { max-width: 44rem; text-wrap: pretty; }
p + p, p + ul, ul + p, .note + .note { margin-top: .6rem; }
ul { padding-left: 1.1rem; }
li + li { margin-top: .35rem; }
a { color: var(--accent); text-underline-offset: .15em; text-decoration-thickness: .06em; }
code, pre { font-family: var(--mono); font-size: .8125rem; }
small, .note, figcaption { color: var(--soft); font-size: .8125rem; line-height: 1.5; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }

.lead { padding-bottom: .5rem; }
.lead h1 { margin-bottom: 1.25rem; padding-right: 3rem; }
.headline { font: 400 clamp(1.55rem, 1.1rem + 2vw, 2.5rem)/1.18 var(--serif); letter-spacing: -.012em; max-width: 26em; text-wrap: balance; }
.lead .answer p:not(.headline) { margin-top: 1rem; font-size: 1.0625rem; }
.facts { display: grid; gap: .6rem; font-size: .8125rem; line-height: 1.4; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }

section, .lead { display: grid; grid-template-columns: 12.5rem minmax(0, 1fr); column-gap: 3rem; row-gap: 1rem; }
section { border-top: 1px solid var(--line); padding-top: .9rem; margin-top: 2.75rem; }
section.broad { grid-template-columns: minmax(0, 1fr); }
section > header > .note { margin-top: .45rem; }
.body { min-width: 0; display: grid; gap: 1rem; align-content: start; justify-items: start; }
.body > * { max-width: 100%; min-width: 0; }

figure { max-width: 100%; }
figure svg { display: block; max-width: 100%; height: auto; overflow: visible; }
figcaption { margin-top: .5rem; max-width: 44rem; }
.narrow { display: none; }
[data-tip], svg [aria-label] { cursor: default; }
.key { display: inline-block; width: .75em; height: .75em; margin-right: .15em; vertical-align: -.05em; }

.scroll { width: fit-content; max-width: 100%; overflow-x: auto; border-block: 1px solid var(--line); }
table { border-collapse: separate; border-spacing: 0; font-size: .8125rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
thead tr:last-child > * { border-bottom: 1px solid var(--line); }
th:first-child, td.text { text-align: left; }
thead th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; min-width: 4.2rem; }
thead th:first-child { min-width: 6rem; }
tbody th { font-weight: 600; box-sizing: content-box; white-space: normal; overflow-wrap: anywhere; min-width: var(--heading, 0px); }
tbody th, thead th:first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; }
tbody tr:hover > * { background: var(--wash); }
tbody tr.best > * { color: var(--accent); font-weight: 600; }
tbody tr.teacher > * { color: var(--soft); font-weight: 400; }
th button { all: unset; cursor: pointer; color: inherit; }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
th[aria-sort] button { color: var(--ink); font-weight: 650; }
th[aria-sort=ascending] button::after { content: ' ↑'; }
th[aria-sort=descending] button::after { content: ' ↓'; }
.filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; font-size: .8125rem; color: var(--soft); }
.filter input { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 3px; padding: .3rem .5rem; width: 15rem; max-width: 100%; }
.paper { display: none; }
.theme { position: absolute; top: .8rem; right: .8rem; font: .8125rem var(--sans); color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 3px; padding: .25rem .6rem; cursor: pointer; }
.theme:hover { color: var(--ink); border-color: var(--soft); }
.tip { position: fixed; z-index: 9; pointer-events: none; background: var(--ink); color: var(--paper); font-size: .75rem; line-height: 1.35; padding: .3rem .5rem; border-radius: 3px; max-width: 18rem; }

.cards { display: grid; width: 100%; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16.5rem), 1fr)); gap: 1.75rem 2rem; }
.card { min-width: 0; display: grid; gap: .5rem; align-content: start; }
.moments { display: flex; flex-wrap: wrap; gap: 1.25rem; padding-bottom: .25rem; overflow-x: auto; max-width: 100%; }
.panels { display: flex; flex-wrap: wrap; gap: .75rem; }
.panel > .note { margin: 0 0 .25rem; white-space: nowrap; }
img.heat { width: 14rem; max-width: 100%; height: auto; image-rendering: pixelated; display: block; }
table.heat { font-size: .75rem; }
table.heat th, table.heat td { padding: .25rem .4rem; border: 0; min-width: 0; }
table.heat th { font-weight: 400; color: var(--soft); white-space: nowrap; }
table.heat tbody th { color: var(--ink); padding-right: .8rem; white-space: normal; min-width: var(--heading, 0px); }
table.matrix thead th { vertical-align: bottom; text-align: left; padding-inline: 0; }
table.matrix thead th span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem; white-space: normal; overflow-wrap: anywhere; }
table.matrix td { min-width: 1.9rem; text-align: center; }
.entries { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1.25rem; font-size: .8125rem; }
.entries dt { color: var(--soft); }
.entries dd { margin: 0; overflow-wrap: anywhere; }
pre { width: 100%; background: var(--wash); padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; border-radius: 3px; }
details { width: 100%; }
details > :not(summary) { margin-top: .75rem; }
summary { cursor: pointer; color: var(--accent); font-size: .875rem; }

#live > section:first-child { border-top: 0; margin-top: 0; }
#live { margin-bottom: 3rem; }
#live.lost { opacity: .45; }
.states { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .35rem; }
.states li { margin: 0; border: 1px solid var(--line); border-radius: 3px; padding: .2rem .5rem; font-size: .8125rem; }
.states small { margin-left: .5rem; }
.states .done { background: var(--wash); }
.states .running { border-color: var(--accent); color: var(--accent); }
.states .waiting { border-style: dashed; }
[role=alert] { border-left: 3px solid var(--accent); padding-left: .8rem; }
@media (max-width: 68rem) {
  section, .lead { grid-template-columns: minmax(0, 1fr); }
  .lead { row-gap: 1.75rem; }
  .lead .answer { order: -1; }
  .facts { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem 1.5rem; }
}
@media (max-width: 44rem) {
  .wide { display: none; }
  .narrow { display: block; }
  th, td { padding: .45rem .5rem; }
  tbody th, table.heat tbody th { min-width: min(var(--heading, 0px), 8rem); }
  .entries { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .entries dd { margin-bottom: .5rem; }
}
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: var(--ink); } }
@media print {
  @page { size: A4; margin: 14mm; }
  :root { color-scheme: light; }
  body { font-size: 9.5pt; }
  main { max-width: none; padding: 0; }
  .lead { grid-template-columns: minmax(0, 1fr); }
  section, .body { display: block; }
  section { margin-top: 1.2rem; }
  section > header + .body, .body > * + *, .paper > * + * { margin-top: .8rem; }
  .lead .answer { order: -1; }
  .facts { grid-template-columns: repeat(4, 1fr); }
  .card, figure, tr, section > header { break-inside: avoid; }
  section > header, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  figure svg { max-height: 22cm; }
  .scroll { width: auto; border: 0; }
  .paper { display: block; }
  table, table.heat { font-size: 7pt; max-width: 100%; }
  th, td, table.heat th, table.heat td { padding: .2rem .3rem; }
  td { white-space: normal; }
  thead th, thead th:first-child, table.matrix td { min-width: 0; }
  tbody th, thead th:first-child { position: static; }
  .cards { grid-template-columns: repeat(2, 1fr); }
  .wide { display: block; }
  .narrow, .theme, .filter, .tip, .screen, details:not([open]) { display: none; }
}
`;
