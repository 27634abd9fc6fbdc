import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { LIBRARY_FOLDER, PAGE_LIBRARIES } from '../src/export/page.js';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;

/** Files of tfjs that the page's engine loads, and that a downloaded student takes along, by their name in the folder. */
const libraries: ReadonlyMap<string, string> = new Map(
  Object.entries(PAGE_LIBRARIES).flatMap(([name, files]) =>
    files.map(
      (file) => [file, join(dirname(require.resolve(`${name}/package.json`)), 'dist', file)] as const,
    ),
  ),
);

/** They are served as they are: nothing comes from another host. */
const tfjsFiles: Plugin = {
  name: 'tfjs-files',
  configureServer: ({ middlewares }) => {
    middlewares.use((request, response, next) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const file = path.includes(`/${LIBRARY_FOLDER}/`) ? libraries.get(basename(path)) : undefined;
      if (file === undefined || !existsSync(file)) {
        next();
        return;
      }
      response.setHeader('Content-Type', file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
      createReadStream(file).pipe(response);
    });
  },
  generateBundle() {
    for (const [name, file] of libraries)
      this.emitFile({ type: 'asset', fileName: `${LIBRARY_FOLDER}/${name}`, source: readFileSync(file) });
  },
};

/** The page loads its own files and sends nothing. While Vite serves the sources it needs styles and scripts of its own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src-elem 'self'",
  // Drawings and heat maps place and colour their parts by attributes.
  "style-src-attr 'unsafe-inline'",
  "connect-src 'self'",
  // The one page that may ask other hosts, for CLIP: it has a policy of its own.
  "frame-src 'self'",
  'img-src blob: data:',
  'media-src blob: mediastream:',
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * For the thread that runs CLIP, which is opened when somebody asks for it: the hosts of transformers.js, of the onnxruntime that it
 * brings, and of the model.
 */
const CLIP_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval' blob: https://cdn.jsdelivr.net/npm/",
  "connect-src 'self' blob: https://cdn.jsdelivr.net/npm/ https://huggingface.co https://*.huggingface.co https://*.hf.co",
  "worker-src 'self' blob:",
].join('; ');

const CLIP_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${CLIP_POLICY}" />
    <title>Where CLIP runs</title>
  </head>
</html>
`;

const clipPage: Plugin = {
  name: 'clip-page',
  configureServer: ({ middlewares }) => {
    middlewares.use((request, response, next) => {
      if (!/\/online\.html(?:\?|$)/.test(request.url ?? '')) next();
      else response.setHeader('Content-Type', 'text/html').end(CLIP_PAGE);
    });
  },
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'online.html', source: CLIP_PAGE });
  },
};

const policy: Plugin = {
  name: 'policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

/** Pages that are isolated may share memory between threads: the engine wasm then uses several. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root: here,
  // The folder may lie anywhere on a site.
  base: './',
  plugins: [tfjsFiles, clipPage, policy],
  resolve: {
    conditions: ['@distilljs/source', 'browser', 'module', 'import', 'default'],
    alias: {
      // Digests of images and predictions; the rest of Node is never reached here.
      'node:crypto': join(here, 'src/platform/crypto.ts'),
      'node:buffer': join(here, 'src/platform/buffer.ts'),
      pngjs: join(here, 'src/platform/png.ts'),
      'cli-progress': join(here, 'src/platform/buffer.ts'),
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 4000 },
  server: { headers },
  preview: { headers },
});
