// GraphiQL keeps tabs and history in local storage, which all programs on one
// address (say, 127.0.0.1:8080) share. This storage keeps ours apart.

const PREFIX = 'outdial.playground.';

const ourKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

export const storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, value) => localStorage.setItem(PREFIX + key, value),
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
  clear: () => ourKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ourKeys().length;
  },
};
