import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// `npm run dev` serves the sources, and asks a mesh that runs on this machine for all else.
const mesh = 'http://127.0.0.1:30000';
const asked = ['/montrg.', '/api', '/docs', '/openapi', '/health', '/ready', '/settings.json'];

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: { $gen: here('./src/gen'), $words: here('../../gen/words.json'), $: here('./src') },
  },
  build: {
    target: 'es2022',
    // The page's content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Many small files take a tenth more when each is compressed by itself: what the first page needs is one, and
          // all other pages are another.
          groups: [
            { name: 'first', tags: ['$initial'] },
            { name: 'pages', test: /src\/pages\/(alerts|history|settings)\// },
          ],
        },
      },
    },
    // What others wrote is in what is built, and their licenses want to be told with it.
    license: { fileName: 'licenses.txt' },
  },
  server: {
    port: 30080,
    proxy: Object.fromEntries(asked.map((path) => [path, mesh])),
    fs: { allow: [here('.'), here('../../gen')] },
  },
  test: { include: ['src/**/*.test.ts'] },
});
