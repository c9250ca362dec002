// The audits of graphql-http: every one has to be ok, warnings included.
import { serverAudits } from 'graphql-http';
import { authorization, endpoint } from './client.js';

const audits = serverAudits({
  url: endpoint,
  fetchFn: (to, init = {}) => fetch(to, { ...init, headers: { ...authorization, ...init.headers } }),
});
let ok = 0;
for (const audit of audits) {
  const { status, reason } = await audit.fn();
  if (status === 'ok') ok++;
  else console.log(status, audit.id, audit.name, reason);
}
console.log(`${ok} of ${audits.length} audits are ok`);
process.exit(ok === audits.length && ok === 61 ? 0 : 1);
