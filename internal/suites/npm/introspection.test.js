// graphql-js reads the whole schema over the wire and finds it valid and complete.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildClientSchema, buildSchema, findBreakingChanges, findDangerousChanges, getIntrospectionQuery, validateSchema } from 'graphql';
import { ask } from './client.js';

test('the schema over the wire is valid, and the one that is written down', async () => {
  const query = getIntrospectionQuery({
    descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
  });
  const served = buildClientSchema(await ask(query));
  assert.deepEqual(validateSchema(served), []);
  const written = buildSchema(readFileSync(process.env.OUTDIAL_SCHEMA, 'utf8'));
  assert.deepEqual(validateSchema(written), []);
  for (const [from, to] of [[written, served], [served, written]]) {
    assert.deepEqual(findBreakingChanges(from, to), []);
    assert.deepEqual(findDangerousChanges(from, to), []);
  }
  for (const [name, type] of Object.entries(written.getTypeMap())) {
    assert.equal(served.getType(name)?.description, type.description, `description of ${name}`);
  }
});
