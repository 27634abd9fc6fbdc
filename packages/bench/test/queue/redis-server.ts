import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Why tests of the queue are skipped; undefined where there is a server. */
export const noRedis: string | undefined = ['redis-server', 'valkey-server'].some(isThere)
  ? undefined
  : 'needs redis-server or valkey-server (Debian: apt-get install redis-server)';

const program = isThere('redis-server') ? 'redis-server' : 'valkey-server';

function isThere(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Kills the server and starts it again from its append-only file. */
  restart(): Promise<void>;
  stop(): void;
}

/** A server of its own on a free port, with an append-only file in a temporary folder. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const log = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--loglevel', 'warning'];
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    server = spawn(program, [...options, ...log, ...args], { stdio: 'ignore' });
    await answers(port);
  };
  const stop = (): void => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // Also when a test fails before it stops the server.
  process.once('exit', stop);
  await start();
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    port,
    async restart() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
      await start();
    },
    stop,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Also without the password: that it asks for one is an answer. */
async function answers(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping().catch(() => undefined);
  client.disconnect();
}
