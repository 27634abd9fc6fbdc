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
  // In hexadecimal a bundle compresses to less than in Base64: equal bytes stay equal text.
  const hex = Buffer.from(written.get('kernels.wasm') ?? '').toString('hex');
  const lines = (hex.match(/.{1,100}/g) ?? []).map((line) => `  '${line}'`).join(' +\n');
  return `/** The kernels of packages/core/kernels, compiled by its build.mjs. */\nexport const KERNEL_BINARY =\n${lines};\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(TARGET, await buildKernels());
}
