// The API key of this tab. It comes from the address (#key=…, as the server
// prints it) or from the form, lives in the tab's session storage, which the
// playground shares, and never stays in the address bar.

const SLOT = 'outdial.apiKey';

// takeKeyFromAddress stores the key of `#key=…` and removes it from the address.
export function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return false;
  history.replaceState(history.state, '', location.pathname + location.search);
  storeKey(key.trim());
  return true;
}

// storedKey returns the key of this tab, or ''.
export function storedKey() {
  return sessionStorage.getItem(SLOT) ?? '';
}

// storeKey remembers a key until the tab is closed; '' forgets it.
export function storeKey(key) {
  if (key) sessionStorage.setItem(SLOT, key);
  else sessionStorage.removeItem(SLOT);
}
