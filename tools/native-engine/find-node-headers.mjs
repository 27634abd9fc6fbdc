import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BuildError } from './build-error.mjs';
import { cacheParts } from './cache-folder.mjs';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';

/** The headers alone, as an npm package of the Node.js project; Node-API is stable, so any later one serves too. */
const HEADERS_PACKAGE = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity:
    'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
};

/**
 * Where `node_api.h` is likely to be installed, in order: the folder that `npm_config_nodedir` names (as for
 * node-gyp), then beside the running Node.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} execPath
 */
export function nodeHeaderCandidates(environment, execPath) {
  const named = environment['npm_config_nodedir'];
  const beside = path.join(path.dirname(execPath), '..', 'include', 'node');
  return named === undefined || named === '' ? [beside] : [path.join(named, 'include', 'node'), beside];
}

/** @param {readonly string[]} folders */
export function firstWithNodeApi(folders) {
  return folders.find((folder) => fs.existsSync(path.join(folder, 'node_api.h')));
}

/**
 * A folder with `node_api.h`: installed with Node, in the cache, or fetched there from the npm registry.
 *
 * @param {string} cache
 * @param {import('./report.mjs').Report} report
 * @returns {Promise<string>}
 * @throws {BuildError} where it is not installed and npm cannot fetch it
 */
export async function findNodeHeaders(cache, report) {
  const installed = firstWithNodeApi(nodeHeaderCandidates(process.env, fs.realpathSync(process.execPath)));
  if (installed !== undefined) return installed;
  const label = `${HEADERS_PACKAGE.name}-${HEADERS_PACKAGE.version}`;
  const kept = path.join(cacheParts(cache).headers, label);
  const include = path.join(kept, 'package', 'include');
  if (firstWithNodeApi([include]) === undefined) {
    report.fact(`no node_api.h beside ${process.execPath}: fetching ${label} with npm`);
    await fetchHeaders(cache, kept);
  }
  return include;
}

/** @param {string} cache @param {string} kept */
async function fetchHeaders(cache, kept) {
  const downloads = path.join(cacheParts(cache).unfinished, `headers-${process.pid}`);
  const unpacked = path.join(downloads, 'unpacked');
  fs.mkdirSync(unpacked, { recursive: true });
  try {
    const wanted = `${HEADERS_PACKAGE.name}@${HEADERS_PACKAGE.version}`;
    const packed = await runCommand('npm', ['pack', '--silent', '--pack-destination', downloads, wanted]);
    const tarball = path.join(downloads, `${HEADERS_PACKAGE.name}-${HEADERS_PACKAGE.version}.tgz`);
    if (packed.status !== 0 || !fs.existsSync(tarball)) {
      throw headersError(`${describeEnd(packed)} from npm pack`, lastLines(packed.output));
    }
    const integrity = `sha512-${createHash('sha512').update(fs.readFileSync(tarball)).digest('base64')}`;
    if (integrity !== HEADERS_PACKAGE.integrity) throw headersError(`a package with integrity ${integrity}`);
    const untarred = await runCommand('tar', ['-xzf', tarball, '-C', unpacked]);
    if (untarred.status !== 0) {
      throw headersError(`${describeEnd(untarred)} from tar`, lastLines(untarred.output));
    }
    fs.mkdirSync(path.dirname(kept), { recursive: true });
    fs.rmSync(kept, { recursive: true, force: true });
    fs.renameSync(unpacked, kept);
  } finally {
    fs.rmSync(downloads, { recursive: true, force: true });
  }
}

/** @param {string} got @param {string} [output] */
function headersError(got, output = '') {
  return new BuildError({
    where: 'headers of Node (node_api.h)',
    expected: `them beside Node, or ${HEADERS_PACKAGE.name}@${HEADERS_PACKAGE.version} (${HEADERS_PACKAGE.integrity}) from npm`,
    got,
    output,
    hint: 'Install them (Debian and Ubuntu: apt install libnode-dev), or set npm_config_nodedir to a folder with include/node.',
  });
}
