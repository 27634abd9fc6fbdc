import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectQueue } from '../../src/queue/connection.js';
import { bundledCli } from '../run/bundled-cli.js';
import { refusal } from '../run/tiny-bench.js';
import { freePort, noRedis, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';
import { prepareRun } from './stub-run.js';

const folder = mkdtempSync(join(tmpdir(), 'queue-tls-'));
const [authority, key, certificate] = ['ca.crt', 'server.key', 'server.crt'].map((name) =>
  join(folder, name),
);

const openssl = (...args: readonly string[]): boolean =>
  spawnSync('openssl', args, { cwd: folder, stdio: 'ignore' }).status === 0;

/** A certificate for localhost, signed by an authority that no machine knows. */
function makeCertificate(): boolean {
  const request = ['req', '-newkey', 'rsa:2048', '-nodes', '-keyout'];
  return (
    openssl(
      ...request,
      'ca.key',
      '-x509',
      '-days',
      '2',
      '-subj',
      '/CN=authority of a test',
      '-out',
      'ca.crt',
    ) &&
    openssl(...request, 'server.key', '-subj', '/CN=localhost', '-out', 'server.csr') &&
    openssl(
      ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '2', '-out', 'server.crt'],
    )
  );
}

const missing = noRedis ?? (makeCertificate() ? undefined : 'needs the command openssl');
let script = '';
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (script !== '') rmSync(dirname(script), { recursive: true, force: true });
});

describe.skipIf(missing !== undefined)(
  `a queue over TLS (${missing ?? 'Redis'})`,
  { timeout: 60_000 },
  () => {
    let server: RedisServer;
    let port = 0;
    beforeAll(async () => {
      port = await freePort();
      const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority];
      server = await startRedis([
        ...['--tls-port', String(port), ...(files as string[]), '--tls-auth-clients', 'no'],
        ...['--requirepass', 'top secret'],
      ]);
      script = await bundledCli();
    }, 120_000);
    afterAll(() => {
      server.stop();
    });
    const address = (password = 'top%20secret'): string => `rediss://:${password}@localhost:${port}`;

    it('refuses a certificate that nobody it trusts has signed', async () => {
      const said = await refusal(connectQueue(address()));
      expect(said).toMatch(/--queue rediss:\/\/localhost:\d+: .*a certificate that is not trusted/);
      expect(said).toContain('NODE_EXTRA_CA_CERTS');
      expect(said).not.toContain('secret');
    });

    it('says that the port may speak TLS when it is addressed without', async () => {
      const plain = address().replace('rediss:', 'redis:');
      const said = await refusal(connectQueue(plain, { patience: 0 }));
      expect(said).toContain('A TLS port needs rediss://');
      expect(said).not.toContain('secret');
    });

    it('accepts runs and shows them, with its password, where the certificate authority is known', async () => {
      const run = join(folder, 'run');
      prepareRun(run, ['kd'], [0, 1]);
      const bench = async (...args: readonly string[]) => {
        const child = spawn(process.execPath, [script, ...args], {
          env: { ...process.env, DISTILLJS_QUEUE: address(), NODE_EXTRA_CA_CERTS: authority },
        });
        let said = '';
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => (said += text));
        const code = await new Promise((resolve) => child.on('close', resolve));
        return { code, said };
      };
      const submitted = await bench('submit', run);
      expect(submitted.code, submitted.said).toBe(0);
      expect(submitted.said).toContain(`3 cells: 0 done, 1 in the queue wasm of rediss://localhost:${port}`);
      const watched = await bench('watch', run, '--once');
      expect(watched.code, watched.said).toBe(0);
      expect(watched.said).toContain('Queue wasm: 0 workers, 0 at work, 1 waiting');
      expect(watched.said).toContain('1 cell waits for a worker of queue wasm');
      expect(submitted.said + watched.said).not.toContain('secret');
    });
  },
);
