import { createHash } from 'node:crypto';
import type { ComponentChildren, VNode } from 'preact';
import { render } from 'preact-render-to-string';
import { BEHAVIOUR } from './behaviour.js';
import { STYLE } from './style.js';

/** What a page is made of beside its content. */
export interface PageFrame {
  readonly title: string;
  /** Scripts beyond the one that every page has. */
  readonly scripts?: readonly string[];
  /** May ask the server that it came from. */
  readonly isLive?: boolean;
}

/**
 * A whole page that stands alone: it runs only the scripts that are named in its policy by their hash, and asks for nothing
 * unless it is live.
 */
export function renderPage(
  { title, scripts = [], isLive = false }: PageFrame,
  content: ComponentChildren,
): string {
  const all = [BEHAVIOUR, ...scripts];
  const policy = [
    "default-src 'none'",
    `script-src ${all.map(sourceHash).join(' ')}`,
    `style-src-elem ${sourceHash(STYLE)}`,
    // Drawings and heat maps place and colour their parts by attributes.
    "style-src-attr 'unsafe-inline'",
    'img-src data:',
    ...(isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>\n${render(
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>{content}</main>
        {all.map((text): VNode => (
          <script key={text} dangerouslySetInnerHTML={{ __html: text }} />
        ))}
      </body>
    </html>,
  )}\n`;
}

const sourceHash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
