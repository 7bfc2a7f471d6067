// The service worker: keeps pages that say they may be kept, answers without a network, and sends what was submitted meanwhile in order.
// A form is put into the queue before it is sent, so that a dead network, an expired session or a closed phone costs nothing; its key
// makes the server do it once however often it is sent.
import { dropMeta, entries, entry, importKey, isOpen, lock, lockJson, meta, needsPerson, put, remove, setMeta, unlock } from "./phone/store.js";

const ASSETS = "assets";
const PAGES = "pages";
const MOST_ASSETS = 40;
const KEEP_PAGES = 3 * 24 * 3600 * 1000;
const FRESH = 30 * 60 * 1000;
// bytes that keeping pages may take of the line at a time, and what an answer's headers take of them
const BUDGET = 48 * 1024;
const HEADERS = 700;
const KEEP_SENT = 24 * 3600 * 1000;
const PATIENCE = 30_000;
const PAGE_PATIENCE = 6_000;
const QUEUED = /\/items\/\d+\/(claim|complete|resolve|ahead\/[^/]+\/[^/]+)$/;
const { assets, root, queue } = self.shell;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(ASSETS).then((cache) => cache.addAll(assets)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    // kept pages name the bundles of their time: the last few builds stay
    const cache = await caches.open(ASSETS);
    const known = await cache.keys();
    await Promise.all(known.slice(0, Math.max(0, known.length - MOST_ASSETS)).map((request) => cache.delete(request)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin || !url.pathname.startsWith(root)) return;
  const { method, mode } = event.request;
  if (method === "GET" && url.pathname.includes("/static/")) event.respondWith(asset(event.request));
  else if (method === "GET" && mode === "navigate") event.respondWith(page(event.request, url));
  else if (method === "POST" && url.pathname.endsWith("/sign-out")) event.waitUntil(forget());
  else if (method === "POST" && QUEUED.test(url.pathname) && !event.request.headers.has("X-Queue")) event.respondWith(submit(event.request, url));
});

self.addEventListener("message", (event) => {
  const act = { mine: () => become(event.data.owner), keep: () => keep(event.data.own, event.data.others, event.data.most), send: () => send(), forget: () => forget() }[event.data?.type];
  if (act) event.waitUntil(act().catch(() => {}).then(() => event.ports[0]?.postMessage("done")));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(send());
});

// ---------------------------------------------------------------- pages

async function asset(request) {
  const cache = await caches.open(ASSETS);
  const known = await cache.match(request, { ignoreSearch: true });
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && request.url.includes("/static/dist/")) await cache.put(request, response.clone());
  return response;
}

async function page(request, url) {
  const known = await kept(url.pathname);
  const answer = fetch(request).then(async (response) => {
    if (!url.search && response.headers.has("X-Keep-Offline")) await store(url.pathname, response.clone());
    return response;
  });
  try {
    // a network that is there but doesn't answer is none
    return await (known ? within(PAGE_PATIENCE, answer) : answer);
  } catch {
    answer.catch(() => {});
    if (known) return known;
    const other = await kept(queue);
    return other && url.pathname !== queue ? Response.redirect(`${queue}?missing=1`) : Response.error();
  }
}

async function kept(pathname) {
  return (await caches.open(PAGES)).match(pathname);
}

async function store(pathname, response) {
  const whose = response.headers.get("X-Keep-Offline");
  if (!whose || whose !== (await meta("owner"))) return;
  const headers = new Headers(response.headers);
  headers.set("X-Kept-At", String(Date.now()));
  headers.delete("Content-Encoding");
  await (await caches.open(PAGES)).put(pathname, new Response(await response.blob(), { headers }));
}

/** The person's own first, with the forms that come next; of the others as much as `most` bytes allow, each with its forms. */
async function keep(own, others = [], most = BUDGET) {
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (Date.now() - Number(response.headers.get("X-Kept-At")) > KEEP_PAGES) await cache.delete(request);
  }
  const spent = await keepAll(own, BUDGET);
  let left = Math.min(most, BUDGET - spent);
  for (const address of others) {
    if (left <= 0) break;
    left -= await keepAll([address], left);
  }
}

async function keepAll(addresses, most) {
  const ahead = [];
  let spent = 0;
  for (const address of addresses) {
    if (spent >= most) return spent;
    const one = await keepOne(address);
    ahead.push(one.ahead);
    spent += one.cost;
  }
  // the nearest step of every item goes before the second of any; what is left over comes another time
  for (let turn = 0; ahead.some((list) => list.length > turn); turn += 1) {
    for (const list of ahead) if (spent < most && list[turn]) spent += (await keepOne(list[turn])).cost;
  }
  return spent;
}

async function keepOne(address) {
  const known = await kept(address);
  const isFresh = known && Date.now() - Number(known.headers.get("X-Kept-At")) < FRESH;
  const response = isFresh ? known : await fetch(address, { headers: { "X-Background": "1" } });
  if (response.status === 401) {
    await forget();
    throw new Error("signed out");
  }
  const ahead = response.ok ? (response.headers.get("X-Ahead") ?? "").split(" ").filter(Boolean) : [];
  const cost = isFresh ? 0 : Number(response.headers.get("Content-Length") ?? 0) + HEADERS;
  if (!isFresh && response.ok) await store(address, response);
  return { ahead, cost };
}

// ---------------------------------------------------------------- whose phone it is

async function become(owner) {
  if ((await meta("owner")) === owner && (await meta("key"))) return;
  // what the person before has kept is nobody else's business; their queue stays, locked
  await forget();
  const session = await who();
  if (session?.owner !== owner) return;
  await setMeta("key", await importKey(session.key));
  await setMeta("owner", owner);
  await keep([queue]);
}

async function forget() {
  await dropMeta("key");
  await dropMeta("owner");
  await caches.delete(PAGES);
}

async function who() {
  const response = await fetch(`${queue}/session`, { headers: { "X-Background": "1", Accept: "application/json" }, cache: "no-store" });
  return response.ok ? response.json() : null;
}

// ---------------------------------------------------------------- submitting

async function submit(request, url) {
  const [owner, key] = [await meta("owner"), await meta("key")];
  if (!owner || !key) return fetch(request);
  const form = await request.clone().formData();
  form.delete("csrf_token");
  const packed = new Response(form);
  const type = packed.headers.get("Content-Type");
  const body = await packed.arrayBuffer();
  const about = { title: form.get("_title"), about: form.get("_about"), next: JSON.parse(form.get("_next") || "[]") };
  const id = form.get("_key") || crypto.randomUUID();
  const old = await entry(id);
  const each = {
    // what is mended keeps its place in the order and the time at which it was done
    id, owner, path: url.pathname, case: form.get("_case"), at: old && isOpen(old) ? old.at : Date.now(), state: "waiting", tries: 0, type,
    body: await lock(key, body), shown: await lockJson(key, about),
  };
  const isPart = request.headers.has("HX-Request");
  await put(each);
  try {
    // behind what waits of the same case it has to wait too
    // but to take an item over is how what was refused gets on
    const isTaking = url.pathname.endsWith("/claim");
    const isBefore = (other) => other.id !== each.id && other.case === each.case && other.owner === owner && other.at < each.at && isOpen(other);
    const before = (await entries()).some((other) => isBefore(other) && !(isTaking && needsPerson(other)));
    if (!before) {
      const response = await within(PATIENCE, now(each, body, isPart));
      if (response) {
        if (response.type === "opaqueredirect" || [200, 409, 422].includes(response.status)) await remove(each.id);
        else await settle(each, response.status, { problem: "" }, key);
        return response;
      }
    }
  } catch {
    // no network: it waits
  }
  await later();
  if (isPart) return new Response("", { status: 200, headers: { "HX-Redirect": `${queue}?new=${encodeURIComponent(each.id)}` } });
  return Response.redirect(`${queue}?new=${encodeURIComponent(each.id)}`, 303);
}

/** As the page would have sent it, but with today's token; nothing when nobody, or somebody else, is signed in, or the server can't. */
async function now(each, body, isPart) {
  const session = await who();
  if (session?.owner !== each.owner) return null;
  const headers = { "Content-Type": each.type, "X-CSRFToken": session.token, ...(isPart ? { "HX-Request": "true" } : {}) };
  const response = await fetch(each.path, { method: "POST", body, headers, redirect: "manual" });
  return response.status === 429 || response.status >= 500 ? null : response;
}

async function later() {
  await tell();
  try {
    await self.registration.sync.register("send");
  } catch {
    // a browser without background sync sends when a page is opened or the network is back
  }
}

async function send() {
  await navigator.locks.request("queue", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const mine = await ours();
    if (!mine.length) return;
    const session = await who();
    await setMeta("signedOut", !session);
    if (!session) {
      // ended from another device, too: what lies here to be read goes, what waits stays, locked
      await forget();
      return tell();
    }
    const blocked = new Set();
    const key = await importKey(session.key);
    for (const each of mine) {
      // another person's queue is never sent under this one's name
      if (each.owner !== session.owner) continue;
      if (needsPerson(each)) blocked.add(each.case);
      else if (!blocked.has(each.case) && !(await sendOne(each, session, key))) blocked.add(each.case);
    }
    await tell();
  });
}

async function ours() {
  const known = await entries();
  for (const each of known) if (each.state === "sent" && Date.now() - each.doneAt > KEEP_SENT) await remove(each.id);
  return known.filter(isOpen);
}

async function sendOne(each, session, key) {
  await put({ ...each, state: "sending" });
  await tell();
  let response;
  try {
    const ago = Math.max(0, Math.round((Date.now() - each.at) / 1000));
    const headers = { "Content-Type": each.type, "X-CSRFToken": session.token, "X-Queue": "1", "X-Background": "1", "X-Done-Ago": String(ago) };
    response = await within(PATIENCE * 4, fetch(each.path, { method: "POST", body: await unlock(key, each.body), headers, redirect: "manual" }));
  } catch {
    response = null;
  }
  if (!response || response.status === 401 || response.status === 429 || response.status >= 500) {
    await put({ ...each, state: "waiting", tries: each.tries + 1 });
    return false;
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) {
    await put({ ...each, state: "sent", doneAt: Date.now(), body: null, result: await lockJson(key, answer) });
    // the page of a step that is done would only invite to do it again
    const pages = await caches.open(PAGES);
    if (!each.path.endsWith("/claim")) await pages.delete(each.path.replace(/\/(complete|resolve)$/, ""));
    else await pages.delete(each.path.replace(/\/claim$/, ""));
    return true;
  }
  await settle(each, response.status, answer, key);
  return false;
}

async function settle(each, status, answer, key) {
  await put({ ...each, state: status === 409 ? "conflict" : "refused", result: await lockJson(key, answer) });
}

async function tell() {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage({ type: "queue" });
}

function within(milliseconds, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer")), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
