import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { operations } from './operations.js';
import { pack } from './pack.js';
import { squeeze } from './squeeze.js';

// Read on every page, so apart from our own code: an edit of ours then renames
// small files only. What few pages need stays in those pages' files.
const LIBRARIES =
  /vite\/preload-helper|rolldown\/runtime|node_modules\/(react|react-dom|scheduler|wouter|regexparam|urql|@urql|@0no-co|wonka|graphql-ws)\//;

// What the screens are made of.
const SHARED = /src\/(api\/(?!change|viewer)|components|gql|messages\/(shell|words)|shell\/not-found|state)/;

// Seldom opened, and each with little of its own: together they are smaller.
const ACCOUNT =
  /src\/(account|agents|credits|docs|keys|numbers|settings|webhooks|api\/(change|viewer)|messages\/(agents|credits|docs|keys|numbers|rights|secret|settings|webhooks))\b/;

// What shows batches and their calls.
const BATCH = /src\/(batch|batches|calls|charts|messages\/(batch|batches|calls))\b/;

const api = { target: 'http://127.0.0.1:8080', changeOrigin: false };

export default defineConfig({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' }, // kept with the copies, as they ask for
    target: 'es2023',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'libraries', test: LIBRARIES, priority: 3 },
            { name: 'shared', test: SHARED, priority: 2 },
            { name: 'batch-screen', test: BATCH, priority: 1 },
            { name: 'account', test: ACCOUNT, priority: 1 },
          ],
        },
      },
    },
  },
  plugins: [
    operations({ sources: join(import.meta.dirname, 'src') }),
    react(),
    squeeze(),
    pack({ sources: import.meta.dirname, dist: '../dist' }),
  ],
  server: {
    proxy: {
      '/graphql': { ...api, ws: true },
      '/session': api,
      '^/batch/': api,
    },
  },
});
