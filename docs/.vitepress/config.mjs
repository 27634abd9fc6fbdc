import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { defineConfig } from 'vitepress';
import { repositoryLinks } from './repository-links.mjs';

const docs = join(import.meta.dirname, '..');
const playground = join(docs, '../packages/bench/playground/dist');
const link = (/** @type {string} */ text, /** @type {string} */ to) => ({ text, link: to });

const reference = ['core', 'mhgd', 'afd', 'cckd', 'rtk', 'vam', 'bench'].map((folder) =>
  link(`@distilljs/${folder}`, `/reference/@distilljs/${folder}`),
);

const guides = [
  {
    text: 'Get started',
    items: [
      link('Start in ten minutes', '/start'),
      link('Install', '/install'),
      link('Playground', '/playground'),
      link('Which method?', '/which-method'),
      link('Coming from another toolkit', '/coming-from'),
      link('Questions and answers', '/faq'),
    ],
  },
  {
    text: 'Your own',
    items: [
      link('Images', '/own-data'),
      link('Teacher', '/own-teacher'),
      link('Method and student', '/own-method'),
      link('Training from code', '/training'),
      link('Using the student', '/using-the-student'),
    ],
  },
  {
    text: 'Techniques',
    items: [
      link('KD and baselines', '/techniques/kd'),
      link('MHGD', '/techniques/mhgd'),
      link('AFD', '/techniques/afd'),
      link('CCKD', '/techniques/cckd'),
      link('RTK', '/techniques/rtk'),
      link('VAM, KDExplainer', '/techniques/vam'),
    ],
  },
  {
    text: 'Compare methods',
    items: [
      link('Command line', '/command-line'),
      link('Results', '/results'),
      link('Sample reports', '/sample-reports'),
      link('Protocol', '/protocol'),
      link('Statistics', '/statistics'),
      link('Studies', '/studies'),
      link('Data formats', '/data-formats'),
      link('More than one machine', '/more-machines'),
    ],
  },
  {
    text: 'Internals',
    items: [
      link('Architecture', '/architecture'),
      link('Performance', '/performance'),
      link('The native engine', '/native-engine'),
      link('Reference', '/reference/'),
    ],
  },
];

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/**
 * Sample reports are pages of their own: copied when the site is built, served as they are by `docs:dev`. So are the figures of the bench's
 * reports, which a build takes from where they lie.
 */
const samples = {
  name: 'samples',
  configureServer: (/** @type {import('vite').ViteDevServer} */ server) => {
    server.middlewares.use((request, response, next) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      const isFigure = pathname.startsWith('/packages/bench/reports/');
      const path = join(isFigure ? join(docs, '..') : docs, pathname);
      const isServed = isFigure || path.startsWith(join(docs, 'samples/'));
      if (!isServed || !existsSync(path) || !statSync(path).isFile()) return next();
      response.setHeader(
        'Content-Type',
        types[/** @type {keyof typeof types} */ (extname(path))] ?? 'text/plain',
      );
      response.end(readFileSync(path));
    });
  },
};

export default defineConfig({
  lang: 'en',
  title: 'distilljs',
  description:
    'Knowledge distillation for TensorFlow.js: train small networks from big ones, for Node, browser and edge.',
  base: process.env['DOCS_BASE'] ?? '/',
  srcExclude: ['samples/**', 'reference/typedoc-sidebar.json'],
  cleanUrls: false,
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: `${process.env['DOCS_BASE'] ?? '/'}logo.svg` }]],
  // VitePress knows pages; what is copied beside them is checked where it is linked.
  ignoreDeadLinks: [/^\/(samples|playground)\//],
  markdown: { math: true, config: (md) => void md.use(repositoryLinks) },
  vite: { plugins: [samples] },
  buildEnd: ({ outDir }) => {
    cpSync(join(docs, 'samples'), join(outDir, 'samples'), { recursive: true });
    if (existsSync(playground)) cpSync(playground, join(outDir, 'playground'), { recursive: true });
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      link('Start', '/start'),
      link('Which method?', '/which-method'),
      link('Results', '/results'),
      link('Reference', '/reference/'),
      ...(existsSync(playground) ? [{ ...link('Playground', '/playground/'), target: '_self' }] : []),
    ],
    sidebar: { '/': guides, '/reference/': [{ text: 'Reference', items: reference }, ...guides] },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            combineWith: 'AND',
            prefix: true,
            fuzzy: 0.1,
            boost: { title: 4, text: 2, titles: 1 },
            // Whoever searches for a word wants the guide that explains it; the reference repeats it on every page.
            boostDocument: (/** @type {string} */ id) => (id.includes('/reference/') ? 0.1 : 1),
          },
        },
        // Sources are found by the pages that link them.
        _render: (src, env, md) => (env.relativePath.startsWith('source/') ? '' : md.render(src, env)),
      },
    },
    docFooter: { prev: 'Previous page', next: 'Next page' },
  },
});
