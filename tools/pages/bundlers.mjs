import { createServer } from 'node:http';
import { cpSync, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {{ address: string, close: () => Promise<void> }} Served */
/** @typedef {{ name: string, missing: string, serve: (project: string, isolated: boolean) => Promise<Served> }} Bundler */

/** Where bundlers are searched for; DISTILLJS_BUNDLERS may name a folder with others in its node_modules. */
const FOLDERS = [import.meta.dirname, process.env['DISTILLJS_BUNDLERS'] ?? import.meta.dirname];

/** @param {string} name @returns {string | undefined} where a package is */
function find(name) {
  for (const folder of FOLDERS) {
    try {
      return createRequire(join(folder, 'x.js')).resolve(`${name}/package.json`);
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

/** @param {string} name @param {string} [entry] @returns {Promise<any>} */
async function load(name, entry) {
  const manifest = find(name) ?? '';
  const file = entry === undefined ? createRequire(manifest).resolve(name) : join(manifest, '..', entry);
  return import(pathToFileURL(file).href);
}

const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** @param {string} folder @param {boolean} isolated @returns {Promise<Served>} */
async function serveFolder(folder, isolated) {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (isolated) for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
    readFile(file).then(
      (bytes) => response.setHeader('Content-Type', TYPES[extname(file)] ?? 'text/plain').end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Builds once and serves the result, isolated or not.
 *
 * @param {(project: string, out: string) => Promise<unknown>} build
 * @returns {Bundler['serve']}
 */
function built(build) {
  /** @type {Map<string, Promise<unknown>>} */
  const done = new Map();
  return async (project, isolated) => {
    const out = join(project, `out-${done.size}-${process.pid}`);
    const folder = done.get(project) ?? build(project, out).then(() => out);
    done.set(project, folder);
    return serveFolder(String(await folder), isolated);
  };
}

/** @param {string} name @returns {Bundler['serve']} */
const viteBuild = (name) =>
  built(async (project, outDir) => {
    const { build } = await load(name, 'dist/node/index.js');
    await build({
      root: project,
      configFile: false,
      logLevel: 'error',
      base: './',
      build: { outDir, target: 'es2022' },
      worker: { format: 'es' },
    });
  });

/** @param {string} name @returns {Bundler['serve']} */
const viteDev = (name) => async (project, isolated) => {
  const { createServer: create } = await load(name, 'dist/node/index.js');
  const server = await create({
    root: project,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(project, `.vite-${name}`),
    server: {
      port: 0,
      host: '127.0.0.1',
      headers: isolated ? ISOLATED : {},
      fs: { strict: false },
      hmr: false,
    },
    // Dependencies that its scan misses would reload the page in the middle of a test.
    optimizeDeps: {
      include: [
        '@distilljs/core',
        '@distilljs/cckd',
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-cpu',
        '@tensorflow/tfjs-layers',
      ],
    },
  });
  await server.listen();
  const { port } = server.httpServer.address();
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
};

const esbuild = built(async (project, outdir) => {
  const { build } = await load('esbuild');
  const entryPoints = ['main.js', 'worker.js'].map((file) => join(project, file));
  await build({
    entryPoints,
    outdir,
    bundle: true,
    format: 'esm',
    minify: true,
    splitting: true,
    target: 'es2022',
    logLevel: 'silent',
  });
  for (const file of ['index.html', 'public/wasm'])
    cpSync(join(project, file), join(outdir, file.replace('public/', '')), { recursive: true });
});

const webpack = built(async (project, path) => {
  const { default: pack } = await load('webpack');
  await new Promise((resolve, reject) => {
    const options = {
      mode: 'production',
      context: project,
      entry: './main.js',
      output: { path, filename: 'main.js', publicPath: '/' },
      resolve: { modules: [join(project, 'node_modules'), 'node_modules'] },
      performance: { hints: false },
    };
    pack(options, (/** @type {Error | null} */ error, /** @type {any} */ stats) => {
      if (error !== null) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve(undefined);
    });
  });
  for (const file of ['index.html', 'public/wasm'])
    cpSync(join(project, file), join(path, file.replace('public/', '')), { recursive: true });
});

/** @param {string} name @param {string} packageName @param {Bundler['serve']} serve @returns {Bundler} */
function bundler(name, packageName, serve) {
  const isThere = find(packageName) !== undefined;
  const missing = isThere
    ? ''
    : ` (skipped: ${packageName} is not installed; DISTILLJS_BUNDLERS names a folder that has it)`;
  return { name, missing, serve };
}

/** Vite and esbuild come with vitest; `vite7` is `npm:vite@7`. @type {readonly Bundler[]} */
export const bundlers = [
  bundler('vite, dev server', 'vite', viteDev('vite')),
  bundler('vite, build', 'vite', viteBuild('vite')),
  bundler('esbuild', 'esbuild', esbuild),
  bundler('vite 7, dev server', 'vite7', viteDev('vite7')),
  bundler('vite 7, build', 'vite7', viteBuild('vite7')),
  bundler('webpack 5', 'webpack', webpack),
];

export const CHROMIUM = '/usr/bin/chromium';
export const missingChromium = existsSync(CHROMIUM) ? '' : ` (skipped: no ${CHROMIUM})`;
