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

/** Everything that this browser holds, of every draft: `{ key, copy }` with the key `draft:path`. */
export async function allCopies() {
  const database = await open();
  if (!database) return [];
  return new Promise((resolve, reject) => {
    const store = database.transaction(STORE, "readonly").objectStore(STORE), found = [];
    const request = store.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(found);
      found.push({ key: String(cursor.key), copy: cursor.value });
      cursor.continue();
      return undefined;
    };
    request.onerror = () => reject(request.error);
  });
}

export async function dropCopy(key) {
  const copies = new LocalCopies("");
  copies.prefix = "";
  await copies.drop(key);
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
