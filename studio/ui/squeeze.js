// Takes out of the build what Vite's own minifier leaves in: above all the names
// of sentences and what nobody reads of an object. Names are left to the minifier
// that runs afterwards, which is better at them.
import { minify } from 'terser';

const OPTIONS = {
  module: true,
  ecma: 2020,
  mangle: false,
  // Once inlined or joined, what is written alike compresses less well.
  compress: { passes: 3, inline: 1, sequences: false },
};

/** A Vite plugin. */
export function squeeze() {
  return {
    name: 'outdial-squeeze',
    apply: 'build',
    async renderChunk(code) {
      return { code: (await minify(code, OPTIONS)).code, map: null };
    },
  };
}
