import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Converter, ReflectionKind, TSConfigReader } from 'typedoc';

/*
 * Writes the reference of every package from the docstrings of its sources into docs/reference, which git ignores. One program for all
 * packages: their types are read once.
 */

const root = join(import.meta.dirname, '../..');
const out = join(root, 'docs/reference');

/** Entry points of the packages as their manifests export them, by the name that an import has: core first, the bench last. */
function entryPoints() {
  const packages = join(root, 'packages');
  const order = (/** @type {string} */ folder) =>
    ['core', 'bench'].indexOf(folder) * 2 + (folder === 'core' ? -9 : 0);
  const names = new Map();
  for (const folder of readdirSync(packages).sort((a, b) => order(a) - order(b) || a.localeCompare(b))) {
    const { name, exports } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
    for (const [entry, target] of Object.entries(exports)) {
      const source = target['@distilljs/source'];
      if (source !== undefined) names.set(join(packages, folder, source), name + entry.slice(1));
    }
  }
  return names;
}

const names = entryPoints();
const app = await Application.bootstrapWithPlugins(
  {
    entryPoints: [...names.keys()],
    tsconfig: join(root, 'docs/.vitepress/tsconfig.json'),
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    out,
    docsRoot: join(root, 'docs'),
    readme: 'none',
    name: 'Reference',
    router: 'module',
    entryFileName: 'index',
    basePath: root,
    displayBasePath: root,
    disableGit: true,
    sourceLinkTemplate: '{path}:{line}',
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    sort: ['source-order'],
    groupOrder: ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases'],
    kindSortOrder: ['Function', 'Variable', 'Class', 'Interface', 'TypeAlias'],
    hidePageHeader: true,
    hideBreadcrumbs: true,
    tableColumnSettings: { hideSources: true },
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    expandObjects: false,
    skipErrorChecking: true,
    logLevel: 'Warn',
    validation: { notExported: false, invalidLink: false },
  },
  [new TSConfigReader()],
);
app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
  if (!reflection.kindOf(ReflectionKind.Module)) return;
  const name = names.get(reflection.sources?.[0]?.fullFileName ?? '');
  if (name !== undefined) reflection.name = name;
});
const project = await app.convert();
if (project === undefined) throw new Error('the reference: expected types that compile, see above');
rmSync(out, { recursive: true, force: true });
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exitCode = 1;
