// Turns a build into the files that Go embeds: each file is kept as .gz when
// that is smaller, and sources.sha256 records what the build was made from.
//
// pako, not node:zlib: it is plain JavaScript, so its bytes do not depend on
// the processor or on the zlib that Node was linked with.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { gzip } from 'pako';

// pack is a Vite plugin. Its options are the folder of the sources and the
// folder of the build, the latter relative to the former.
export function pack({ sources, dist }) {
  const out = resolve(sources, dist);
  return {
    name: 'outdial-pack',
    apply: 'build',
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        for (const name of filesOf(out)) compress(join(out, name));
        writeFileSync(join(out, 'sources.sha256'), fingerprint(sources));
      },
    },
  };
}

function compress(path) {
  const raw = readFileSync(path);
  const zipped = gzip(raw, { level: 9, memLevel: 9, header: { time: 0 } });
  if (zipped.length >= raw.length) return;
  zipped[9] = 255; // "unknown operating system", whoever builds
  writeFileSync(`${path}.gz`, zipped);
  rmSync(path);
}

// fingerprint lists the sources as `sha256sum` would. build_test.go makes
// the same list with Go.
function fingerprint(folder) {
  const lines = filesOf(folder).map((name) => {
    const hash = createHash('sha256').update(readFileSync(join(folder, name)));
    return `${hash.digest('hex')}  ${name}\n`;
  });
  return lines.join('');
}

// filesOf returns the paths of all files below a folder, with forward slashes
// and in byte order. Installed packages are not ours, and
// src/gql is made by the build.
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, '/'),
    )
    .filter((name) => !/^(node_modules|src\/gql)\//.test(name))
    .sort();
}
