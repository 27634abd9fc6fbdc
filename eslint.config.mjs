import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  {
    ignores: [
      '**/dist/**',
      '**/coverage/**',
      '.nx/**',
      'runs/**',
      'tmp/**',
      'tools/scaffold/template/**',
      'docs/.vitepress/cache/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Draw from the seeded Random that the caller passes: a run must repeat.',
        },
      ],
    },
  },
  // The compiler knows the globals of these files (tools/tsconfig.json checks them), eslint would need a list.
  { files: ['**/*.mjs'], rules: { 'no-undef': 'off' } },
  // What runs in a page has a browser's globals.
  { files: ['tools/pages/app/*.js'], rules: { 'no-undef': 'off' } },
);
