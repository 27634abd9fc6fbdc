import { render } from 'preact';
import { behaviour } from '../../src/report/page/behaviour.js';
import { STYLE } from '../../src/report/page/style.js';
import { App } from './app.js';
import own from './style.css?inline';

/* The report's look, and what forms need beside it. Sheets of the script's own need no leave from the content policy. */
document.adoptedStyleSheets = [STYLE, own].map((text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
});

const place = document.querySelector('#app');
if (place !== null) render(<App />, place);
// The theme's button, and what marks say on hover.
behaviour();
