import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'src/gen', 'node_modules'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      // The type checker knows names better.
      'no-undef': 'off',
      // Links within the page are hashes.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps within a function are made anew each time, and nobody watches them.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
);
