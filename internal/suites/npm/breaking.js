// breaking.js OLD NEW fails when what was valid under the old schema no longer is under the new one.
import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql';

const [released, present] = process.argv.slice(2).map((file) => buildSchema(readFileSync(file, 'utf8')));
const changes = findBreakingChanges(released, present);
for (const { type, description } of changes) console.log(`${type}: ${description}`);
process.exit(changes.length > 0 ? 1 : 0);
