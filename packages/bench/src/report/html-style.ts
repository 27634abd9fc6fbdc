/** The page's whole style: system fonts, light and dark, one column that fits a telephone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2126; --soft: #5b636d; --line: #d9dde2; --card: #f6f7f9; --accent: #1f6aa8;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e4e7eb; --soft: #a0a8b2; --line: #343a42; --card: #1d2126; --accent: #7ab8ea; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
h4 { font-size: .9rem; font-weight: 600; margin: .75rem 0 .25rem; }
p, ul { max-width: 46rem; margin: .5rem 0; }
ul { padding-left: 1.2rem; }
.headline { font-size: 1.15rem; }
.note { color: var(--soft); font-size: .9rem; }
.scroll { width: fit-content; max-width: 100%; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .5rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
th:first-child, td.text { text-align: left; }
thead th { color: var(--soft); font-weight: 500; background: var(--card); white-space: normal; vertical-align: bottom; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--paper); }
tbody tr.best > * { color: var(--accent); font-weight: 600; }
tbody tr.teacher > * { color: var(--soft); font-weight: 400; }
figure { margin: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .85rem; margin-top: .25rem; }
.narrow { display: none; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20.5rem), 1fr)); gap: 1rem; }
.card { background: var(--card); border-radius: 8px; padding: 1rem; min-width: 0; }
.card figure + figure { margin-top: .75rem; }
section > .card + .card { margin-top: 1rem; }
.moments { display: flex; flex-wrap: wrap; gap: 1.25rem; padding-bottom: .25rem; }
.moments h4 { color: var(--soft); font-weight: 400; margin-top: 0; }
.panels { display: flex; flex-wrap: wrap; gap: .75rem; }
.panel > .note { margin: 0 0 .25rem; white-space: nowrap; }
img.heat { width: 14rem; max-width: 100%; height: auto; image-rendering: pixelated; display: block; }
table.heat th, table.heat td { padding: .2rem .4rem; border: 0; font-size: .75rem; }
table.heat th { background: none; position: static; font-weight: 400; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .5rem 0; font-size: .9rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--card); border-radius: 8px; padding: .9rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; line-height: 1.45; }
code { font-family: ui-monospace, monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 46rem) {
  .wide { display: none; }
  .narrow { display: block; }
  h1 { font-size: 1.4rem; }
}
@media screen and (max-width: 62rem) {
  .scroll:has(.results) { width: auto; }
  .results, .results tbody, .results tr, .results th { display: block; }
  .results thead, .results td:empty { display: none; }
  .results tbody th { position: static; border: 0; padding-bottom: .1rem; }
  .results td { display: flex; justify-content: space-between; border: 0; padding: .1rem .5rem; }
  .results td:last-child { padding-bottom: .45rem; }
  .results td::before { content: attr(data-name); color: var(--soft); }
  .results tr + tr { border-top: 1px solid var(--line); }
}
@media print {
  @page { size: A4 landscape; margin: 1cm; }
  main { max-width: none; padding: 0; }
  .card, figure, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  .results { font-size: 8pt; }
  .results th, .results td { padding: .2rem .35rem; }
}
`;
