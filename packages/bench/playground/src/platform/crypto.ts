import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';

interface Hash {
  update(data: string | Uint8Array): Hash;
  digest(encoding: 'hex'): string;
}

/** What the bench takes from `node:crypto`, in a page: SHA-256 in one go, where the browser's own only answers by promise. */
export function createHash(algorithm: 'sha256'): Hash {
  if ((algorithm as string) !== 'sha256') throw new Error(`${algorithm} is not there in a page`);
  const hash = sha256.create();
  const self: Hash = {
    update(data) {
      hash.update(typeof data === 'string' ? utf8ToBytes(data) : data);
      return self;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return self;
}
