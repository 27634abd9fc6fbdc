import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readManifest } from '../workspace.mjs';

/**
 * Installs packages into a project as `npm install` of their tarballs would, but without a registry: the packed files, and links to
 * the dependencies installed in the repository.
 *
 * @param {string} root the repository, with built packages
 * @param {string} project an empty folder
 * @param {readonly string[]} folders of `packages/`
 */
export function installPacked(root, project, folders) {
  const modules = join(project, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const folder of folders) {
    const source = join(root, 'packages', folder);
    execFileSync('npm', ['pack', '--pack-destination', project, '--silent'], {
      cwd: source,
      stdio: 'ignore',
    });
    const tarball = readdirSync(project).find((file) => file.startsWith(`distilljs-${folder}-`));
    const target = join(modules, '@distilljs', folder);
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(project, tarball ?? ''), '-C', target, '--strip-components=1']);
    // The packed manifest, not the repository's.
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(target);
    const peers = Object.keys(peerDependencies).filter(
      (name) => peerDependenciesMeta[name]?.optional !== true,
    );
    for (const name of [...Object.keys(dependencies), ...peers]) {
      if (!name.startsWith('@distilljs/')) link(modules, name, installedFolder(source, name));
    }
  }
}

/** @param {string} modules @param {string} name @param {string} target */
function link(modules, name, target) {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  try {
    symlinkSync(target, join(modules, name), 'junction');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
}

/**
 * Where a package's dependency is installed: beside it, or further up.
 *
 * @param {string} from @param {string} name
 * @returns {string}
 */
function installedFolder(from, name) {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const place = places.find((candidate) => existsIn(candidate, name));
  if (place === undefined)
    throw new Error(`${from}: expected ${name} to be installed, got no such folder. Run npm ci.`);
  return join(place, name);
}

/** @param {string} place @param {string} name */
function existsIn(place, name) {
  try {
    return readManifest(join(place, name)).name === name;
  } catch {
    return false;
  }
}
