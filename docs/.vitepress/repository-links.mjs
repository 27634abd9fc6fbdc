import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import Token from 'markdown-it/lib/token.mjs';

/*
 * Pages link files of the repository as Markdown does, relative to themselves. On the site such a link leads to a page of its own that
 * shows the file: `source/PATH`. Where a link follows names of functions, as in tables of equations, the names lead to their lines. A
 * package's folder or README leads to its reference. A link to what is not there ends the build.
 */

const docs = join(import.meta.dirname, '..');
const root = join(docs, '..');

/**
 * Where a link of a page leads on the site: a path from its root, or a file of the repository.
 *
 * @param {string} href
 * @param {string} from path of the page
 * @returns {{ readonly page: string } | { readonly asset: string } | { readonly file: string } | undefined} none: VitePress knows
 * @throws Error for what is not there
 */
function targetOf(href, from) {
  if (/^([a-z]+:|#|\/)/.test(href)) return undefined;
  const [place = ''] = href.split('#');
  const path = join(dirname(from), decodeURIComponent(place));
  const inside = relative(docs, path);
  const outside = inside.startsWith('..');
  if (!outside && !inside.startsWith('samples/')) return undefined;
  if (!existsSync(path)) throw new Error(`${relative(root, from)}: the link to ${href} leads nowhere`);
  if (!outside) return { asset: `/${inside}` };
  const file = relative(root, path);
  const folder = /^packages\/([a-z]+)(\/README\.md)?$/.exec(file)?.[1];
  return folder === undefined ? { file } : { page: `/reference/@distilljs/${folder}.html` };
}

/** @param {string} file */
const pageOf = (file) => `/source/${file.replaceAll('.', '-')}.html`;

/** Files and folders of the repository that pages link, each with what its page shows. */
export function linkedFiles() {
  const files = new Set();
  for (const page of readdirSync(docs, { recursive: true, encoding: 'utf8' })) {
    if (!page.endsWith('.md') || /^(reference|source|\.vitepress)\//.test(page)) continue;
    const from = join(docs, page);
    for (const [, href = ''] of readFileSync(from, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      const target = targetOf(href, from);
      if (target !== undefined && 'file' in target) files.add(target.file);
    }
  }
  return [...files].sort();
}

/** Markdown that shows a file or the names in a folder. @param {string} file */
export function shown(file) {
  const path = join(root, file);
  const title = `# ${file.split('/').at(-1)}\n\n\`${file}\`\n\n`;
  if (statSync(path).isDirectory())
    return (
      title +
      readdirSync(path)
        .map((name) => `- \`${name}\``)
        .join('\n')
    );
  const text = readFileSync(path, 'utf8');
  if (file.endsWith('.md')) return text.replace(/\]\((?![a-z]+:|#)[^)]*\)/g, ']');
  return `${title}\`\`\`\`${extname(file).slice(1)}:line-numbers\n${text}\n\`\`\`\``;
}

/** The line of a file that declares a name, counted from 1; 0 where none does. @param {string} file @param {string} name */
function lineOf(file, name) {
  if (!file.endsWith('.ts') || !/^\w+$/.test(name)) return 0;
  const declaration = new RegExp(`^export (?:async )?(?:function\\*?|const|class|interface|type) ${name}\\b`);
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.findIndex((line) => declaration.test(line)) + 1;
}

/** The parameter of a file's page. @param {string} file */
export const parameterOf = (file) => pageOf(file).slice('/source/'.length, -'.html'.length);

/**
 * The rule for markdown-it.
 *
 * @param {import('markdown-it').default} md
 */
export function repositoryLinks(md) {
  const files = new Set(linkedFiles());
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, at, options, env, self) => {
    const html = fence?.(tokens, at, options, env, self) ?? '';
    let line = 0;
    return env.relativePath?.startsWith('source/') === true
      ? html.replace(/<span class="line">/g, () => `<span class="line" id="L${++line}">`)
      : html;
  };
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const [at, token] of (children ?? []).entries()) {
        if (token.type === 'link_open' && !lead(token, env.path)) plain(children ?? [], at);
      }
      if (children) nameLines(children);
    }
  });

  /**
   * @param {Token} token
   * @param {string} from
   * @returns {boolean} false: the site does not show what it links
   */
  function lead(token, from) {
    const href = token.attrGet('href') ?? '';
    const [, source] = /^(packages\/[^:]+)(:\d+)?$/.exec(href) ?? [];
    const target = source === undefined ? targetOf(href, from) : { file: source };
    if (target === undefined) return true;
    if ('asset' in target) {
      token.attrSet('href', target.asset);
      token.attrSet('target', '_self');
    } else if ('page' in target) token.attrSet('href', target.page);
    else if (files.has(target.file)) {
      token.attrSet('href', pageOf(target.file));
      token.meta = { file: target.file };
    } else return false; // The reference names more files than the site shows.
    return true;
  }
}

/**
 * Makes names of functions links to their lines: those in code before the link of the file that declares them. The link of the file
 * leads to the first of these lines.
 *
 * @param {Token[]} tokens of one paragraph or cell; changed in place
 */
function nameLines(tokens) {
  /** @type {Token | undefined} */
  let link;
  for (let at = tokens.length - 1; at >= 0; at--) {
    const token = tokens[at];
    if (token?.type === 'link_open') link = token;
    else if (token?.type === 'link_close') link = undefined;
    else if (token?.type === 'code_inline' && typeof link?.meta?.file === 'string') {
      const line = lineOf(link.meta.file, token.content);
      if (line === 0) continue;
      const href = `${pageOf(link.meta.file)}#L${line}`;
      link.attrSet('href', href);
      tokens.splice(at, 1, linkToken(href), token, new Token('link_close', 'a', -1));
    }
  }
}

/** @param {string} href */
function linkToken(href) {
  const token = new Token('link_open', 'a', 1);
  token.attrSet('href', href);
  return token;
}

/** Makes a link plain text. @param {Token[]} tokens @param {number} at where it opens */
function plain(tokens, at) {
  const close = tokens.slice(at).find(({ type }) => type === 'link_close');
  for (const token of [tokens[at], close])
    if (token !== undefined) Object.assign(token, { type: 'text', tag: '', content: '' });
}
