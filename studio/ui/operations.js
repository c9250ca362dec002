// Puts each operation where it is asked for, as text with the fragments it
// names. The code generator's own table of them would be read by every page, with
// each operation twice: as text to look it up by, and as a tree.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATION = /\bgraphql\(\s*`([^`]*)`\s*,?\s*\)/g;
const SPREAD = /\.\.\.\s*(?!on\b)(\w+)/g;

/** A Vite plugin; sources is the folder of the page's code. */
export function operations({ sources }) {
  let fragments = new Map();
  const read = () => {
    fragments = new Map();
    for (const name of readdirSync(sources, { recursive: true })) {
      if (!/\.tsx?$/.test(name) || /^gql\b/.test(name)) continue;
      for (const [, text] of readFileSync(join(sources, name), 'utf8').matchAll(OPERATION)) {
        const fragment = /^\s*fragment\s+(\w+)/.exec(text);
        if (fragment) fragments.set(fragment[1], text);
      }
    }
  };
  const whole = (text) => {
    const named = new Map();
    const gather = (part) => {
      for (const [, name] of part.matchAll(SPREAD)) {
        if (named.has(name)) continue;
        if (!fragments.has(name)) throw new Error(`there is no fragment ${name}`);
        named.set(name, fragments.get(name));
        gather(fragments.get(name));
      }
    };
    gather(text);
    return [text, ...named.values()].join(' ').replaceAll(/\s+/g, ' ').trim();
  };
  return {
    name: 'operations',
    enforce: 'pre',
    buildStart: read,
    handleHotUpdate: read,
    transform(code, id) {
      if (!id.startsWith(sources) || !/\.tsx?$/.test(id) || !OPERATION.test(code)) return null;
      OPERATION.lastIndex = 0;
      return {
        code: code
          .replaceAll(OPERATION, (_, text) => JSON.stringify(whole(text)))
          .replace(/^import \{ graphql \} from '[./]*gql';$/m, ''),
        map: null,
      };
    },
  };
}
