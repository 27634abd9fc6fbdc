import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
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

/** Serves a folder as any static host would, without headers of its own. */
export async function serveFolder(folder: string): Promise<Site> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    asked.push(path);
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
