import { Buffer } from 'node:buffer';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { basename, extname, join, resolve, sep } from 'node:path';
import type { VNode } from 'preact';
import { DistillError, isDistillError } from '@distilljs/core';
import { readRunCells } from '../cell/run-cells.js';
import { reportContent, studyContent } from '../report/index.js';
import { readStudy } from '../run/matrix.js';
import { runFolder, UnfinishedRun } from '../run/run-folder.js';
import { studyReport } from '../run/study-report.js';
import { reportSources } from '../run/write-report.js';
import { liveContent, livePage, markup } from './live-page.js';
import { watchRun } from './live-state.js';

export interface ServeOptions {
  /** Port; 0 for a free one. Default: 0. */
  readonly port?: number | undefined;
  /** Address to listen on. Default: 127.0.0.1, this machine only. */
  readonly host?: string | undefined;
}

export interface RunServer {
  /** Where the page is. */
  readonly address: string;
  close(): Promise<void>;
}

/** Shortest time between two rebuilds of the report, in milliseconds: each takes seconds. */
const BETWEEN_REPORTS = 10_000;

/**
 * Serves a page that shows a run or a study in progress, and the files of its reports. It only reads.
 *
 * @throws DistillError code `config` for a folder without a run, an empty address, or one on which this machine cannot listen
 */
export async function serveRun(
  root: string,
  { port = 0, host = '127.0.0.1' }: ServeOptions = {},
): Promise<RunServer> {
  // Node would listen on all addresses.
  if (host.trim() === '') {
    const hint = 'Leave --host out for this machine alone; 0.0.0.0 listens at all addresses.';
    throw new DistillError({ code: 'config', where: '--host', expected: 'an address', got: 'nothing', hint });
  }
  const pages = await pagesOf(root);
  const answerTo = async ({ headers, method, url = '/' }: IncomingMessage): Promise<Answer> => {
    if (!isOwnName(headers.host, host)) return refusal(403, 'This page answers to its own address alone.');
    if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'This page only shows.');
    const path = pathOf(url);
    if (path === '/') return { status: 200, type: TYPES['.html'], content: await pages.page() };
    if (path === '/state') return { status: 200, type: TYPES['.json'], content: await pages.state() };
    const file = path === undefined ? undefined : await reportFile(root, path);
    return file === undefined
      ? refusal(404, 'There is no such page.')
      : { status: 200, type: TYPES[extname(file)], content: await readFile(file) };
  };
  const server = createServer((request, response) => {
    answerTo(request).then(
      (answer) => {
        send(response, answer);
      },
      (error: unknown) => {
        send(response, refusal(500, error instanceof Error ? error.message : String(error)));
      },
    );
  });
  await new Promise<void>((done, failed) => {
    server.once('error', (error) => {
      failed(cannotListen(error, port, host));
    });
    server.listen(port, host, done);
  });
  const { port: taken } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    address: `http://${shown}:${taken}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}

function cannotListen(cause: NodeJS.ErrnoException, port: number, host: string): DistillError {
  const ofPort = {
    EADDRINUSE: 'which another program uses',
    EACCES: 'which this user may not use',
  }[cause.code ?? ''];
  const [where, expected, got, hint] =
    ofPort === undefined
      ? [
          '--host',
          'an address of this machine',
          host,
          'Leave --host out for this machine alone; 0.0.0.0 listens at all addresses.',
        ]
      : [
          '--port',
          'a free port',
          `${port}, ${ofPort}`,
          'Use another --port, or leave it out for a free one.',
        ];
  return new DistillError({ code: 'config', where, expected, got, hint, cause });
}

/** Content that is made on request. */
interface Pages {
  page(): Promise<string>;
  /** For the page's script. */
  state(): Promise<string>;
}

async function pagesOf(root: string): Promise<Pages> {
  const isStudy = (await readStudy(root)) !== undefined;
  const look = watchRun(await readRunCells(root));
  const name = basename(resolve(root));
  let report: { readonly version: string; readonly at: number; readonly content: VNode | undefined } = {
    version: '',
    at: -Infinity,
    content: undefined,
  };
  let fault: string | undefined;
  // Snapshots do not overlap: each builds on the one before.
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = before.then(work);
    before = result.catch(() => undefined);
    return result;
  };
  const now = async (): Promise<VNode> => {
    const seen = await look();
    const [latest] = seen.snapshot.latest;
    const version = `${seen.snapshot.done}-${latest?.at ?? 0}`;
    const isDone = seen.snapshot.done === seen.snapshot.cells;
    const wait = isDone ? 0 : BETWEEN_REPORTS;
    if (version !== report.version && performance.now() - report.at >= wait) {
      const { content, reason } = await contentOf(root, isStudy);
      fault = reason;
      report = { version, at: performance.now(), content: content ?? report.content };
    }
    return await liveContent(name, { ...seen, faults: fault === undefined ? [] : [fault] });
  };
  return {
    page: () =>
      inTurn(async () => {
        const live = await now();
        return livePage(name, report.version, live, report.content);
      }),
    state: () =>
      inTurn(async () => {
        const live = await now();
        return JSON.stringify({ version: report.version, html: markup(live) });
      }),
  };
}

/** The report so far, or why it cannot be made. */
async function contentOf(
  root: string,
  isStudy: boolean,
): Promise<{ readonly content?: VNode; readonly reason?: string }> {
  try {
    if (isStudy) return { content: studyContent(await studyReport(root)) };
    const { report, results, shown } = await reportSources(runFolder(root));
    return { content: await reportContent(report, results, shown) };
  } catch (error) {
    if (!isDistillError(error)) throw error;
    return error instanceof UnfinishedRun ? {} : { reason: error.message };
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.tex': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly content: string | Uint8Array;
}

const refusal = (status: number, content: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  content,
});

function send(response: ServerResponse, { status, type = '', content }: Answer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(content),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : content);
}

/**
 * Whether a request's Host header names this server by an IP address or one of its names. A page of another site that resolves here (DNS
 * rebinding) would send its own name.
 */
function isOwnName(named: string | undefined, host: string): boolean {
  const name = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(named ?? '');
  const plain = (name?.[1] ?? name?.[2] ?? '').toLowerCase();
  if (isIP(plain) !== 0) return true;
  return [host, 'localhost', hostname()].some((own) => own.toLowerCase() === plain);
}

/** The path of a URL, decoded once; undefined for a malformed one. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/, ''));
  } catch {
    return undefined;
  }
}

/** The file behind a path: only files in the report folders of the run and of a study's tasks are served. */
async function reportFile(root: string, path: string): Promise<string | undefined> {
  const parts = path.split('/').slice(1);
  const isPlain = parts.every((part) => /^[\w][\w.+ -]*$/.test(part) && !part.includes('..'));
  const [top, task, folder] = parts;
  const depth = top === 'report' ? 1 : top === 'tasks' && folder === 'report' && task !== undefined ? 3 : 0;
  if (!isPlain || depth === 0 || TYPES[extname(path)] === undefined) return undefined;
  try {
    const above = await realpath(join(root, ...parts.slice(0, depth)));
    const file = await realpath(join(root, ...parts));
    const isInside = file.startsWith(`${above}${sep}`) && above.startsWith(`${await realpath(root)}${sep}`);
    return isInside && (await stat(file)).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
