import { defineConfig } from 'vite';
import { pack } from './pack.js';

// The page is served under a path it does not know, so every address in the
// build is relative. `pack` runs last and turns the build into what Go embeds.
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
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
