import { DistillError } from '@distilljs/core';
import type * as Bullmq from 'bullmq';
import type { Redis } from 'ioredis';

/** Capabilities of a worker's machine, with a queue for each. */
export const CAPABILITIES = ['node', 'gpu', 'wasm'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Prefix of every key in Redis. */
export const PREFIX = 'distilljs';

/** The environment variable for the address, which keeps a password out of process lists. */
export const QUEUE_VARIABLE = 'DISTILLJS_QUEUE';

/** An open connection to Redis or Valkey. */
export interface QueueConnection {
  readonly bullmq: typeof Bullmq;
  readonly redis: Redis;
  /** The address without its password, for messages. */
  readonly shown: string;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Called once when the connection is lost, and once when it is restored. Without it, a loss ends the running operation. */
  readonly say?: ((text: string) => void) | undefined;
  /** How long to try the first connection, in milliseconds. Default: 10,000. */
  readonly patience?: number | undefined;
}

const WHERE = '--queue';

/**
 * The address of a queue from a flag, else from the environment.
 *
 * @returns the address, and a form without its password
 * @throws DistillError code `config` for anything but `redis://` and `rediss://`; its message never holds a password
 */
export function queueAddress(flag: string | undefined): { readonly url: string; readonly shown: string } {
  const given = flag ?? process.env[QUEUE_VARIABLE];
  const expected = 'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS';
  const hint = `Give --queue, or set ${QUEUE_VARIABLE}: then no list of processes shows a password.`;
  const refuse = (got: string): never => {
    throw new DistillError({ code: 'config', where: WHERE, expected, got, hint });
  };
  if (given === undefined || given.trim() === '') return refuse('nothing');
  if (!URL.canParse(given)) return refuse('text that is not an address');
  const url = new URL(given);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    return refuse(`an address of ${url.protocol}//`);
  if (url.hostname === '') return refuse('an address without a host');
  if (!/^\/?\d{0,4}$/.test(url.pathname)) return refuse('a database that is not a number');
  if (url.hash !== '') return refuse("an address with '#'; in a password write %23");
  const database = url.pathname.length > 1 ? url.pathname : '';
  return { url: given, shown: `${url.protocol}//${url.hostname}:${url.port || '6379'}${database}` };
}

/**
 * Connects to a queue.
 *
 * @throws DistillError code `platform` where the packages are missing; code `config` where nothing answers, or the password, the
 * certificate or the version is wrong
 */
export async function connectQueue(
  flag: string | undefined,
  { say, patience = 10_000 }: ConnectOptions = {},
): Promise<QueueConnection> {
  const { url, shown } = queueAddress(flag);
  const { bullmq, Client } = await loadPackages();
  const deadline = Date.now() + patience;
  let isOpen = false;
  let isClosing = false;
  let reason: Error | undefined;
  const redis = new Client(url, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    // Commands sent while the connection was lost are retried.
    retryStrategy: (times) => {
      if (isClosing || (!isOpen && (isFinal(reason) || Date.now() > deadline))) return null;
      return Math.min(100 * 2 ** times, 5000);
    },
  });
  let isLost = false;
  redis.on('error', (error: Error) => (reason = error));
  redis.on('close', () => {
    if (isLost || !isOpen || isClosing) return;
    isLost = true;
    say?.(`Lost the connection to ${shown}; trying again.`);
  });
  redis.on('ready', () => {
    if (isLost) say?.(`The connection to ${shown} is there again.`);
    isLost = false;
  });
  try {
    // `connect` rejects at the first failure, while the client keeps trying.
    await redis.connect().catch(async () => {
      if (!isFinal(reason)) say?.(`${shown} does not answer; trying for ${Math.ceil(patience / 1000)} s.`);
      await new Promise<void>((resolve, reject) => {
        redis.once('ready', resolve);
        redis.once('end', () => {
          reject(reason ?? new Error('the connection was closed'));
        });
        if (redis.status === 'ready') resolve();
        if (redis.status === 'end') reject(reason ?? new Error('the connection was closed'));
      });
    });
    await expectVersion(redis);
  } catch (error) {
    isClosing = true;
    redis.disconnect();
    throw connectionError(shown, error);
  }
  isOpen = true;
  return {
    bullmq,
    redis,
    shown,
    async close() {
      isClosing = true;
      await redis.quit().catch(() => {
        redis.disconnect();
      });
    },
  };
}

/** @throws DistillError code `platform` */
async function loadPackages(): Promise<{ bullmq: typeof Bullmq; Client: typeof Redis }> {
  try {
    const [bullmq, { Redis: Client }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, Client };
  } catch (cause) {
    throw new DistillError({
      code: 'platform',
      where: WHERE,
      expected: 'the packages bullmq and ioredis',
      got: 'a failure to load them',
      hint: 'Install them beside distill-bench: `npm i bullmq ioredis`. `run --jobs`, `jobs` and `run --shard` need neither.',
      cause,
    });
  }
}

/** Errors that a retry does not fix. */
const isFinal = (error: Error | undefined): boolean =>
  error !== undefined &&
  (/NOAUTH|WRONGPASS|ERR invalid password|NOPERM|DB index/i.test(error.message) ||
    isUntrusted(error.message));

const isUntrusted = (message: string): boolean => /certificate|self-signed|altnames/i.test(message);

const OLDEST = 'Redis 6.2 or newer, or Valkey';

async function expectVersion(redis: Redis): Promise<void> {
  const [, version = '0'] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) throw new Error(`version ${version}: ${OLDEST} is needed`);
}

function connectionError(shown: string, error: unknown): DistillError {
  const { message, code } = error as NodeJS.ErrnoException;
  const answer = {
    got: message || code || 'no answer',
    hint: 'Is the server running, and the address right? A TLS port needs rediss://, any other port redis://.',
  };
  if (/NOAUTH|WRONGPASS|invalid password/i.test(message))
    answer.got = 'a server that wants another user or password';
  else if (isUntrusted(message)) {
    answer.got = `a certificate that is not trusted (${message})`;
    answer.hint = 'Set NODE_EXTRA_CA_CERTS to the file of the authority that signed it.';
  }
  return new DistillError({
    code: 'config',
    where: `${WHERE} ${shown}`,
    expected: OLDEST,
    ...answer,
    cause: error,
  });
}

/** The queue of a capability. It never holds large values: weights stay in the run folder. */
export function openQueue({ bullmq, redis }: QueueConnection, capability: Capability): Bullmq.Queue {
  const queue = new bullmq.Queue(capability, {
    connection: redis,
    prefix: PREFIX,
    // Events are for programs that listen; nothing here does.
    streams: { events: { maxLen: 1000 } },
    skipVersionCheck: true,
  });
  // The connection itself reports losses.
  queue.on('error', () => undefined);
  return queue;
}
