import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Why no page can be opened here; empty where one can. */
export const missingChromium = existsSync(EXECUTABLE) ? '' : ` (skipped: no ${EXECUTABLE})`;

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
}

/** A page at an address, with everything that it complained about. */
export async function openPage(
  browser: Browser,
  address: string,
  more: { readonly width?: number; readonly scripts?: boolean; readonly dark?: boolean } = {},
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const { width = 1280, scripts = true, dark = false } = more;
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    javaScriptEnabled: scripts,
    colorScheme: dark ? 'dark' : 'light',
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  await page.goto(address);
  return { page, errors };
}

/** How far a page is wider than its window at each width, pixels; 0 where it fits. */
export async function overflows(page: Page, widths: readonly number[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    found.push(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    );
  }
  return found;
}

/**
 * A page as paper of A4 shows it: what is cut off at its right edge, and the headings of the columns by section, those that
 * every part of a table repeats once.
 */
export async function onPaper(page: Page): Promise<{
  readonly cut: readonly string[];
  readonly heads: Readonly<Record<string, readonly string[]>>;
}> {
  await page.emulateMedia({ media: 'print' });
  // 210 mm less 14 at each side.
  await page.setViewportSize({ width: Math.floor((182 / 25.4) * 96), height: 900 });
  return await page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    const all = [...document.querySelectorAll('main *')];
    const cut = all
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > edge + 1)
      .map((one) => `${one.tagName} ${one.textContent.slice(0, 60)}`);
    const sections = [...document.querySelectorAll('section[id]')].map((section) => {
      const heads = [...section.querySelectorAll('thead th')].filter((head) => head.checkVisibility());
      return [section.id, [...new Set(heads.map(({ textContent }) => textContent))]] as const;
    });
    return { cut, heads: Object.fromEntries(sections) };
  });
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact?: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** What axe finds serious or critical on a page, a line each. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  // The page's policy allows no script from outside; the developer tools may add one all the same.
  await session.send('Page.setBypassCSP', { enabled: true });
  await page.reload();
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate(
    async () => await (globalThis as unknown as { readonly axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
}
