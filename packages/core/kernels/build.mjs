import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main as compile } from 'assemblyscript/asc';

const FOLDER = import.meta.dirname;
/** The compiled module as a source file, so that neither Node nor a browser has a file to find. */
export const TARGET = join(FOLDER, '../src/engine/wasm/kernel-binary.ts');

/**
 * Compiles the kernels of this folder to WebAssembly with SIMD.
 *
 * @returns {Promise<string>} the text of {@link TARGET}
 */
export async function buildKernels() {
  /** @type {Map<string, Uint8Array | string>} */
  const written = new Map();
  const { error, stderr } = await compile(
    [
      'index.ts',
      ...['--outFile', 'kernels.wasm', '--optimizeLevel', '3', '--noAssert', '--runtime', 'stub'],
      ...['--importMemory', '--noExportMemory', '--enable', 'simd'],
    ],
    {
      readFile: (name) => readFile(join(FOLDER, name), 'utf8').catch(() => null),
      writeFile: (name, contents) => {
        written.set(name, contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(stderr.toString(), { cause: error });
  const text = asText(Buffer.from(written.get('kernels.wasm') ?? ''));
  const lines = (text.match(/.{1,100}/g) ?? []).map((line) => `  '${line}'`).join(' +\n');
  return `/** The kernels of packages/core/kernels, compiled by its build.mjs. */\nexport const KERNEL_BINARY =\n${lines};\n`;
}

const COMMON = 86;
/** Characters that a string holds as they are. */
const LETTERS = Array.from({ length: 92 }, (_, at) => String.fromCharCode(35 + at)).filter(
  (letter) => !/['\\`]/.test(letter),
);

/**
 * The bytes as text that compresses almost as well as they do, where hexadecimal needs an eighth more: the 86 most common bytes in
 * hexadecimal, then the binary, a letter for each of those, and for any other one of the last three letters and a second.
 * `decode` in src/engine/wasm/kernels.ts reads it.
 *
 * @param {Uint8Array} binary
 */
function asText(binary) {
  const count = Array.from({ length: 256 }, () => 0);
  for (const byte of binary) count[byte] = (count[byte] ?? 0) + 1;
  const byCount = [...count.keys()].sort(
    (one, other) => (count[other] ?? 0) - (count[one] ?? 0) || one - other,
  );
  const common = byCount.slice(0, COMMON).sort((one, other) => one - other);
  const order = [...new Set([...common, ...count.keys()])];
  const letters = [...binary].map((byte) => {
    const at = order.indexOf(byte);
    if (at < COMMON) return LETTERS[at];
    const rest = at - COMMON;
    return `${LETTERS[COMMON + Math.floor(rest / LETTERS.length)]}${LETTERS[rest % LETTERS.length]}`;
  });
  return Buffer.from(common).toString('hex') + letters.join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(TARGET, await buildKernels());
}
