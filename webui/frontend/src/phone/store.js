// What the phone keeps: the queue of submissions, each locked with a key of its owner's, and who that is. Shared by pages and the worker.
// The shape of an entry may grow but never change its meaning: a phone that was off for a month opens it with a newer program.
const NAME = "guicheng";

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id" });
      request.result.createObjectStore("meta");
    };
    request.onsuccess = () => {
      // a newer program that wants to change the store must not wait for this page
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = null;
      reject(request.error);
    };
  });
  return opened;
}

async function within(name, mode, act) {
  const store = (await database()).transaction(name, mode).objectStore(name);
  return new Promise((resolve, reject) => {
    const request = act(store);
    store.transaction.oncomplete = () => resolve(request.result);
    store.transaction.onerror = store.transaction.onabort = () => reject(store.transaction.error);
  });
}

export const entries = async () => (await within("entries", "readonly", (store) => store.getAll())).sort((one, other) => one.at - other.at);
export const entry = (id) => within("entries", "readonly", (store) => store.get(id));
export const put = (each) => within("entries", "readwrite", (store) => store.put(each));
export const remove = (id) => within("entries", "readwrite", (store) => store.delete(id));
export const meta = (name) => within("meta", "readonly", (store) => store.get(name));
export const setMeta = (name, value) => within("meta", "readwrite", (store) => store.put(value, name));
export const dropMeta = (name) => within("meta", "readwrite", (store) => store.delete(name));

/** The person's key, from the server's hexadecimal form into one that no script can read out again. */
export function importKey(hex) {
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export async function lock(key, data) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, data) };
}

export const unlock = (key, locked) => crypto.subtle.decrypt({ name: "AES-GCM", iv: locked.iv }, key, locked.data);

export const lockJson = (key, value) => lock(key, new TextEncoder().encode(JSON.stringify(value)));
export const unlockJson = async (key, locked) => JSON.parse(new TextDecoder().decode(await unlock(key, locked)));

/** The form of an entry, with its files. */
export async function formOf(key, each) {
  return new Response(await unlock(key, each.body), { headers: { "Content-Type": each.type } }).formData();
}

/** Whether somebody still has to do something about it, or the network has. */
export const isOpen = (each) => each.state !== "sent";
export const needsPerson = (each) => each.state === "refused" || each.state === "conflict";
