import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Builds the playground as `npm run playground:build` does, into a folder. */
export async function buildPlayground(folder: string): Promise<void> {
  const configFile = join(import.meta.dirname, '../../playground/vite.config.ts');
  await build({
    configFile,
    logLevel: 'error',
    // Shorter names gain nothing here.
    build: { outDir: folder, emptyOutDir: true, minify: false },
  });
}

/** A folder that is served, and every path that was asked for. */
export interface Site {
  readonly server: Server;
  readonly address: string;
  readonly asked: readonly string[];
}

/** Serves a folder as any static host would, with no header of its own but one: every page may read the files. */
export async function serveFolder(folder: string): Promise<Site> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    asked.push(path);
    response.setHeader('Access-Control-Allow-Origin', '*');
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    readFile(file).then(
      (bytes) =>
        response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream').end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, asked, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Complaints that are none: the engine says why it is not WebGPU. */
const isNotice = (text: string): boolean => text.startsWith("distilljs runs on the engine 'wasm'");

/** The page in a browser of its own, with no run from before. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What it complained about. */
  readonly errors: readonly string[];
}

export async function visit(
  browser: Browser,
  address: string,
  more: { readonly bypassCSP?: boolean; readonly width?: number } = {},
): Promise<Visit> {
  const { bypassCSP = false, width = 1280 } = more;
  const context = await browser.newContext({ bypassCSP, viewport: { width, height: 900 } });
  // Beside other work a page takes its time.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const errors = watched(page);
  await page.goto(address);
  return { page, context, errors };
}

/** What a page complains about from now on. */
export function watched(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    const isFault = message.type() === 'error' || message.type() === 'warning';
    if (isFault && !isNotice(message.text())) errors.push(message.text());
  });
  return errors;
}

async function fill(page: Page, label: string, value: number): Promise<void> {
  await page.getByLabel(label).fill(String(value));
  await page.getByLabel(label).blur();
}

/** The smallest run: some seconds. */
export async function chooseLittle(page: Page, epochs: number): Promise<void> {
  await fill(page, 'Training images per class', 20);
  await fill(page, 'Epochs of the teacher', 2);
  await fill(page, 'Epochs of each student', epochs);
  await page.getByText('18 training').first().waitFor();
}

export const chooseMethods = async (page: Page, methods: readonly string[]): Promise<void> => {
  for (const box of await page.getByRole('checkbox').all()) {
    const name = (await box.locator('..').locator('strong').textContent()) ?? '';
    await box.setChecked(methods.includes(name));
  }
};

export const train = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Train', exact: true }).click();

export const done = (page: Page): Promise<void> =>
  page.getByText('Everything is trained.').waitFor({ timeout: 240_000 });

export const reported = (page: Page): Promise<void> =>
  page.locator('#report #reproduce').waitFor({ timeout: 120_000 });

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  readonly id: string;
  readonly impact?: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds serious on the page as it is, narrow in light and wide in dark, a line each. The visit bypasses its policy. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: AXE });
  const found: string[] = [];
  for (const [width, colorScheme] of [
    [360, 'light'],
    [1280, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    // As its own button does: what the system prefers counts when the page is opened.
    await page.evaluate((theme) => (document.documentElement.dataset['theme'] = theme), colorScheme);
    const { violations } = await page.evaluate(
      async () =>
        await (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run(),
    );
    for (const { id, impact, nodes } of violations)
      if (impact === 'serious' || impact === 'critical')
        found.push(`${width} ${colorScheme} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' ')}`);
  }
  return found;
}
