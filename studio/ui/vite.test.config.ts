import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

// Makes JavaScript of the unit tests, which Node then runs, in studio/ui:
// every src/**/*.test.ts.
const tests = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `src/${name}`);

export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'node_modules/.tests',
    emptyOutDir: true,
    target: 'es2023',
    rolldownOptions: {
      input: tests,
      output: { entryFileNames: '[name]-[hash].js' },
    },
  },
});
