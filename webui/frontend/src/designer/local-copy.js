// What was drawn and has not reached the server yet, in the browser's own database: a crash, a closed lid or a lost network lose nothing.

const NAME = "designer", STORE = "copies";

export class LocalCopies {
  constructor(draftId) {
    this.prefix = `${draftId}:`;
    this.database = open();
  }

  /** `{ text, base, revision, at }` of a file, or undefined. `base` is what it was changed from, at that revision. */
  get(path) {
    return this.run("readonly", (store) => store.get(this.prefix + path));
  }

  put(path, copy) {
    return this.run("readwrite", (store) => store.put(copy, this.prefix + path));
  }

  drop(path) {
    return this.run("readwrite", (store) => store.delete(this.prefix + path));
  }

  async run(mode, act) {
    const database = await this.database;
    // a browser that keeps nothing (a private window) still saves to the server
    if (!database) return undefined;
    return new Promise((resolve, reject) => {
      const request = act(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}

function open() {
  return new Promise((resolve) => {
    if (!window.indexedDB) return resolve(null);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    return undefined;
  });
}
