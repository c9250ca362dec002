import { defineConfig } from 'vite';
import { pack } from './pack.js';

// Monaco and Prettier are left out because they are loaded later, in parts.
const LIBRARIES = /vite\/preload-helper|rolldown\/runtime|node_modules\/(?!monaco-|prettier)/;

// The page is served under a path it does not know, so every address in the
// build is relative. `pack` runs last and turns the build into what Go embeds.
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' }, // kept with the copies, as they ask for
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      // Libraries apart from our own code: an edit of ours then renames one
      // small file, not megabytes of them.
      output: { codeSplitting: { groups: [{ name: 'libraries', test: LIBRARIES }] } },
      onLog(level, log, report) {
        // "use client" in a library means nothing to a page without a server.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  worker: { format: 'es' },
  plugins: [pack({ sources: import.meta.dirname, dist: '../dist' })],
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true } } },
});
