import { join } from 'node:path';
import { program } from 'commander';
import { scaffold } from './scaffold/scaffold.mjs';

program
  .name('npm run scaffold --')
  .description(
    'Makes packages/NAME: a technique package that builds, tests, packs and follows the conventions.',
  )
  .argument('<name>', "name of the technique: lower-case words joined by dashes, e.g. 'rkd'")
  .requiredOption('--paper <reference>', 'title, authors, venue and https:// address of the paper')
  .action(async (name, { paper }) => {
    try {
      const written = await scaffold(join(import.meta.dirname, '..'), { name, paper });
      for (const path of written) console.log(path);
      console.log(`\nNext: npm install && npx vitest run --project ${name}`);
      console.log(
        `Then write the paper's loss into packages/${name}/src, and what it is into the README and the changeset.`,
      );
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  });

await program.parseAsync();
