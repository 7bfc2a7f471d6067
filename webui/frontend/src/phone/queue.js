// The page of the queue, and taking what was refused back into its form.
import { fill } from "../drafts.js";
import { entries, entry, formOf, isOpen, meta, put, remove, unlockJson } from "./store.js";

const PAGES = "pages";

export function startQueuePage(ask) {
  const list = document.querySelector("[data-queue]");
  if (list) new QueuePage(list, ask);
  takeBack().catch(() => {});
}

class QueuePage {
  constructor(list, ask) {
    this.list = list;
    this.ask = ask;
    const asked = new URLSearchParams(location.search);
    document.querySelector("[data-queue-missing]").hidden = !asked.has("missing");
    document.querySelector("[data-queue-send]").addEventListener("click", () => ask({ type: "send" }));
    navigator.serviceWorker.addEventListener("message", () => this.draw());
    this.draw();
  }

  async draw() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const owner = document.body.dataset.phone;
    const key = await meta("key");
    const mine = (await entries()).filter((each) => each.owner === owner);
    const drawn = await Promise.all(mine.map((each) => this.one(each, key, mine)));
    if (turn !== this.turn) return;
    this.list.replaceChildren(...drawn.reverse());
    document.querySelector("[data-queue-empty]").hidden = mine.length > 0;
    document.querySelector("[data-queue-sign-in]").hidden = !(await meta("signedOut")) || !mine.some(isOpen);
    await this.kept();
  }

  async one(each, key, all) {
    const words = this.list.dataset;
    const box = document.querySelector("[data-queue-entry]").content.cloneNode(true).firstElementChild;
    const find = (name) => box.querySelector(`[data-${name}]`);
    box.id = `queued-${each.id}`;
    const shown = key ? await unlockJson(key, each.shown).catch(() => null) : null;
    const result = key && each.result ? await unlockJson(key, each.result).catch(() => null) : null;
    find("title").textContent = shown?.title ?? words.locked;
    find("about").textContent = shown?.about ?? "";
    find("at").textContent = new Date(each.at).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
    const isBehind = each.state === "waiting" && all.some((other) => other.at < each.at && other.case === each.case && isOpen(other));
    const state = isBehind ? "blocked" : each.state;
    find("state").textContent = words[state];
    find("state").classList.add({ sent: "chip-good", refused: "chip-late", conflict: "chip-late", sending: "chip-info" }[state] ?? "chip-soon");
    if (result?.problem || result?.said) {
      find("problem").textContent = [result.problem ?? result.said, ...(result.errors ?? [])].join(" ");
      find("problem").hidden = false;
    }
    const next = [...(result?.next?.map(({ address, name }) => [address, name]) ?? []), ...(each.state === "waiting" ? shown?.next ?? [] : [])];
    for (const [address, name] of next.slice(0, 4)) {
      const link = document.createElement("a");
      link.className = "btn";
      link.href = address;
      link.textContent = name;
      find("next").append(link);
    }
    find("next").hidden = !next.length;
    if (each.state === "refused" || each.state === "conflict") this.trouble(each, key, shown, result ?? {}, find);
    return box;
  }

  trouble(each, key, shown, result, find) {
    find("acts").hidden = false;
    find("compare").hidden = !result.typed?.length;
    facts(find("typed"), result.typed ?? []);
    facts(find("standing"), result.standing ?? []);
    find("stands").hidden = !result.standing?.length;
    find("by").textContent = [result.by, result.at].filter(Boolean).join(" · ");
    const isClaim = each.path.endsWith("/claim");
    find("mend").hidden = each.state !== "refused" || isClaim;
    find("take").hidden = each.state !== "conflict" || isClaim || !result.address;
    find("comment").hidden = isClaim || !each.case;
    const home = result.address ?? each.path.replace(/\/(complete|resolve)$/, "");
    const back = `${home}?queued=${encodeURIComponent(each.id)}`;
    for (const name of ["mend", "take"]) find(name).addEventListener("click", () => location.assign(back));
    find("discard").addEventListener("click", () => this.discard(each, shown));
    find("comment").addEventListener("click", () => this.comment(each, key, shown, result, find));
  }

  discard(each, shown) {
    const dialog = document.querySelector("[data-queue-ask]").content.cloneNode(true).firstElementChild;
    dialog.querySelector("[data-text]").textContent = this.list.dataset.discardAsk.replace("{title}", shown?.title ?? "");
    document.body.append(dialog);
    const end = () => {
      dialog.close();
      dialog.remove();
    };
    dialog.querySelector("[data-no]").addEventListener("click", end);
    dialog.querySelector("[data-yes]").addEventListener("click", async () => {
      end();
      await remove(each.id);
      await this.draw();
      this.ask({ type: "send" });
    });
    dialog.showModal();
  }

  // what was typed goes to the case's colleagues; photos and signatures become attachments
  async comment(each, key, shown, result, find) {
    const words = this.list.dataset;
    try {
      const { token } = await (await fetch(`${location.pathname}/session`, { headers: { "X-Background": "1" } })).json();
      const base = `/cases/${each.case}`;
      const text = [words.commentIntro.replace("{title}", shown?.title ?? ""), ...(result.typed ?? []).map(([label, value]) => `${label}: ${value}`)].join("\n");
      const item = /\/items\/(\d+)\//.exec(each.path)[1];
      for (const [address, body] of [[`${base}/comments`, { body: text.slice(0, 4000), item }], ...(await filesOf(key, each)).map((file) => [`${base}/attachments`, { file }])]) {
        const form = new FormData();
        for (const [name, value] of Object.entries(body)) form.append(name, value);
        const response = await fetch(address, { method: "POST", body: form, headers: { "X-CSRFToken": token, "X-Upload": "1" } });
        if (!response.ok) throw new Error(String(response.status));
      }
      await put({ ...each, state: "sent", doneAt: Date.now(), body: null, result: null });
      await this.draw();
      this.ask({ type: "send" });
    } catch {
      find("problem").textContent = words.failed;
      find("problem").hidden = false;
    }
  }

  async kept() {
    const box = document.querySelector("[data-queue-kept]");
    const found = [];
    const cache = await caches.open(PAGES);
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (!/\/items\/\d+$/.test(pathname)) continue;
      const text = new DOMParser().parseFromString(await (await cache.match(request)).text(), "text/html");
      found.push([pathname, text.querySelector("h1")?.textContent, text.querySelector(".sub")?.textContent]);
    }
    box.querySelector("[data-kept]").replaceChildren(...found.map(([address, name, about]) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = name ?? address;
      const hint = document.createElement("span");
      hint.className = "faint small";
      hint.textContent = about ?? "";
      line.append(link, hint);
      return line;
    }));
    box.hidden = !found.length;
  }
}

function facts(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([label, value]) => {
    const term = document.createElement("dt");
    term.textContent = label;
    const text = document.createElement("dd");
    text.textContent = value;
    return [term, text];
  }));
}

async function filesOf(key, each) {
  const files = [];
  for (const [name, value] of await formOf(key, each)) {
    if (value instanceof File) {
      if (value.size) files.push(value);
    } else if (value.startsWith("data:image/png")) files.push(new File([Uint8Array.from(atob(value.split(",")[1]), (each) => each.charCodeAt(0))], `${name}.png`, { type: "image/png" }));
  }
  return files;
}

/** A page opened from the queue gets everything back that was typed, chosen and signed; sending it replaces what lies in the queue. */
async function takeBack() {
  const here = `queued:${location.pathname}`;
  const asked = new URLSearchParams(location.search).get("queued");
  // a step that has to be claimed first comes back without the question mark
  if (asked) sessionStorage.setItem(here, asked);
  const id = sessionStorage.getItem(here);
  const form = document.querySelector("form[data-draft]");
  const key = id && (await meta("key"));
  const each = key && (await entry(id));
  if (!each || !form) return;
  sessionStorage.removeItem(here);
  const kept = await formOf(key, each);
  fill(form, [...kept].filter(([name, value]) => typeof value === "string" && !name.startsWith("_") && name !== "csrf_token"));
  for (const field of form.querySelectorAll("input[type=file]")) {
    const files = new DataTransfer();
    for (const file of kept.getAll(field.name)) if (file.size) files.items.add(file);
    field.files = files.files;
    // small already: only to be shown
    field.dispatchEvent(new CustomEvent("shrunk", { bubbles: true }));
  }
  form.elements._key.value = id;
}
