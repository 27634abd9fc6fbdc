import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../bundle.mjs';

/**
 * The command line as a program that plain Node can run, made from the sources.
 *
 * @returns the path of a script that takes the arguments of `distill-bench`
 */
export async function bundledCli(): Promise<string> {
  const folder = await bundled({ cli: fileURLToPath(new URL('../../src/cli.ts', import.meta.url)) });
  const script = join(folder, 'run.mjs');
  writeFileSync(
    script,
    "import { main } from './cli.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n",
  );
  return script;
}
