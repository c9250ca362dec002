import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { pack } from './pack.js';

// Read on every page, so apart from our own code: an edit of ours then renames
// small files only. What few pages need stays in those pages' files.
const LIBRARIES =
  /vite\/preload-helper|rolldown\/runtime|node_modules\/(react|react-dom|scheduler|wouter|regexparam|urql|@urql|@0no-co|wonka|graphql-ws)\//;

const api = { target: 'http://127.0.0.1:8080', changeOrigin: false };

export default defineConfig({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' }, // kept with the copies, as they ask for
    target: 'es2023',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'libraries', test: LIBRARIES }] } },
    },
  },
  plugins: [react(), pack({ sources: import.meta.dirname, dist: '../dist' })],
  server: {
    proxy: {
      '/graphql': { ...api, ws: true },
      '/session': api,
      '^/batch/': api,
    },
  },
});
