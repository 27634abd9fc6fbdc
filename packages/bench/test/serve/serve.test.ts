import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodResult } from '../../src/report/index.js';
import { serveRun } from '../../src/serve/index.js';
import type { RunServer } from '../../src/serve/index.js';
import { missingChromium, openBrowser, openPage, overflows, seriousFaults } from '../report/browser.js';
import { addResult, begin, makeRun, RESULTS } from './made-run.js';

/** One request as it stands: `fetch` would tidy the path and the headers. */
function ask(
  address: string,
  path: string,
  { method = 'GET', host }: { readonly method?: string; readonly host?: string } = {},
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  const { hostname, port } = new URL(address);
  return new Promise((done, failed) => {
    const sent = request(
      { hostname, port, path, method, ...(host !== undefined && { headers: { host } }) },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          done({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? '',
            text: Buffer.concat(parts).toString(),
          });
        });
      },
    );
    sent.on('error', failed);
    sent.end();
  });
}

const [first, second] = RESULTS as [MethodResult, MethodResult];

describe('serve', () => {
  const root = mkdtempSync(join(tmpdir(), 'serve-'));
  let server: RunServer;
  beforeAll(async () => {
    makeRun(root, [first]);
    begin(root, second, 2);
    mkdirSync(join(root, 'report'));
    writeFileSync(join(root, 'report', 'report.csv'), 'method\nkd\n');
    writeFileSync(join(root, 'secret.json'), '{}');
    symlinkSync('../secret.json', join(root, 'report', 'link.json'));
    server = await serveRun(root);
  });
  afterAll(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('listens on this machine alone, and shows cells, what runs and the report so far', async () => {
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, type, text } = await ask(server.address, '/');
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
    // The teacher and one of nine students are done.
    expect(text).toContain('2 of 10 done, 1 running, 7 left');
    expect(text).toContain(`<li class="running">${second.method}/${second.seed}`);
    expect(text).toContain(`Validation accuracy of ${second.method}/${second.seed} by epoch.`);
    expect(text).toMatch(/load \d+\.\d+ on \d+ processors/);
    expect(text).toContain(`${first.method} ranks first`);
    expect(text).toContain("connect-src 'self'");
  });

  it('serves files of the report, and no other', async () => {
    const file = await ask(server.address, '/report/report.csv');
    expect(file).toEqual({ status: 200, type: 'text/csv; charset=utf-8', text: 'method\nkd\n' });
    for (const path of [
      '/config.json',
      '/secret.json',
      '/report/',
      '/report/../secret.json',
      '/report/%2e%2e/secret.json',
      '/report/..%2fsecret.json',
      '/report/..%5csecret.json',
      '/report/link.json',
      '/report//report.csv',
      '/report/report.csv%00.html',
      '/%ff',
      '/tasks/../report/report.csv',
      `/${first.method}/${first.seed}/result.json`,
      '//etc/passwd',
      '/report/.hidden.json',
    ])
      expect([path, (await ask(server.address, path)).status]).toEqual([path, 404]);
  });

  it('only shows, and answers to its own names alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await ask(server.address, '/', { method })).status).toBe(405);
    const { port } = new URL(server.address);
    for (const host of [`evil.example:${port}`, 'evil.example', '127.0.0.1.evil.example'])
      expect([host, (await ask(server.address, '/state', { host })).status]).toEqual([host, 403]);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect([host, (await ask(server.address, '/state', { host })).status]).toEqual([host, 200]);
  });

  it('writes nothing', async () => {
    await ask(server.address, '/');
    expect(readdirSync(join(root, 'report')).sort()).toEqual(['link.json', 'report.csv']);
  });

  it('says what cannot be read', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'serve-broken-'));
    makeRun(broken, [first]);
    writeFileSync(join(broken, first.method, String(first.seed), 'result.json'), '{ "schema": 1');
    const other = await serveRun(broken);
    try {
      const { status, text } = await ask(other.address, '/');
      expect(status).toBe(200);
      expect(text).toMatch(/role="alert"><p>[^<]*result\.json: expected JSON/);
    } finally {
      await other.close();
      rmSync(broken, { recursive: true, force: true });
    }
  });

  it('refuses a folder without a run', async () => {
    await expect(serveRun(tmpdir())).rejects.toThrow(/expected a run folder/);
    await expect(serveRun(tmpdir(), { host: '' })).rejects.toThrow(
      /--host: expected an address, got nothing/,
    );
  });

  it('refuses a port that is taken, and addresses of others', async () => {
    const { port } = new URL(server.address);
    await expect(serveRun(root, { port: Number(port) })).rejects.toThrow(
      `--port: expected a free port, got ${port}, which another program uses. Use another --port, or leave it out`,
    );
    // An address that is reserved for documents, which no machine has.
    await expect(serveRun(root, { host: '192.0.2.1' })).rejects.toThrow(
      /--host: expected an address of this machine, got 192\.0\.2\.1\. Leave --host out/,
    );
  });
});

describe.skipIf(missingChromium !== '')(`serve in Chromium${missingChromium}`, { timeout: 180_000 }, () => {
  it('follows the run: progress moves on, and the report with it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'serve-page-'));
    makeRun(root, []);
    begin(root, first, 1);
    const server = await serveRun(root);
    const browser = await openBrowser();
    try {
      const { page, errors } = await openPage(browser, server.address);
      await page.getByText('1 of 10 done, 1 running, 8 left').waitFor();
      await page.getByText('There is no report before').waitFor();
      expect(await overflows(page, [320, 768, 1600])).toEqual([0, 0, 0]);
      begin(root, first, 3);
      await page.locator('#live td', { hasText: /^3$/ }).waitFor({ timeout: 60_000 });
      addResult(root, first);
      await page.getByText(`${first.method} ranks first`).waitFor({ timeout: 60_000 });
      await page.getByText('2 of 10 done').waitFor({ timeout: 60_000 });
      expect(errors).toEqual([]);
      expect(await seriousFaults(page)).toEqual([]);
      await server.close();
      await page.locator('#live.lost').waitFor({ timeout: 60_000 });
    } finally {
      await server.close().catch(() => undefined);
      await browser.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});
