// Who signed in to the dashboard with this browser needs no key here: requests
// carry the session's cookie by themselves.

import { post } from './fetcher.js';

let asked;

// organization resolves to the name of the session's organization; '' when
// nobody is signed in. The server is asked once.
export function organization() {
  asked ??= post({ query: '{ viewer { organization { name } } }' }, {}, []).then(
    ({ data }) => data?.viewer.organization.name ?? '',
    () => '',
  );
  return asked;
}
