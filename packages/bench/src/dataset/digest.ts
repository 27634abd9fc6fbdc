import { createHash } from 'node:crypto';

/** SHA-256 of these parts, as 64 hexadecimal digits. */
export function digest(...parts: (string | Int32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes =
      typeof part === 'string'
        ? Buffer.from(part)
        : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest('hex');
}
