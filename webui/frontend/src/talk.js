// Comments: picking people behind an @. Attachments: dropped, pasted or chosen, sent one by one with a bar that fills.
export function startTalk() {
  for (const field of document.querySelectorAll("textarea[data-mentions]")) enhanceMentions(field);
  for (const form of document.querySelectorAll("form[data-drop]")) enhanceDrop(form);
  document.addEventListener("error", (event) => {
    // a picture that cannot be made small is still an attachment
    if (event.target.matches?.("img[data-thumbnail]")) event.target.remove();
  }, true);
}

function enhanceMentions(field) {
  const list = document.createElement("ul");
  list.className = "mention-list";
  list.id = `${field.id}-people`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const box = document.createElement("div");
  box.className = "mention-box";
  field.replaceWith(box);
  box.append(field, list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  let entries = [];
  let active = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const typed = () => /[@＠]([^\s@＠]{0,20})$/.exec(field.value.slice(0, field.selectionStart));

  function choose(entry) {
    const found = typed();
    if (!found) return close();
    const at = field.selectionStart - found[1].length;
    field.setRangeText(`${entry.name} `, at, field.selectionStart, "end");
    close();
    field.focus();
    return undefined;
  }

  function mark(position) {
    active = position;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === position)));
    if (list.children[position]) field.setAttribute("aria-activedescendant", list.children[position].id);
  }

  async function look() {
    const found = typed();
    if (!found) return close();
    asked += 1;
    const mine = asked;
    const address = new URL(field.dataset.mentions, location.href);
    address.searchParams.set("q", found[1]);
    const response = await fetch(address, { headers: { Accept: "application/json", "X-Background": "1" } });
    if (!response.ok || mine !== asked) return undefined;
    ({ entries } = await response.json());
    list.replaceChildren(...entries.map((entry, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.textContent = entry.name;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(entry);
      });
      return item;
    }));
    list.hidden = !entries.length;
    mark(0);
    return undefined;
  }

  field.addEventListener("input", () => look().catch(close));
  field.addEventListener("blur", () => setTimeout(close, 120));
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark((active + (event.key === "ArrowDown" ? 1 : entries.length - 1)) % entries.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(entries[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

function enhanceDrop(form) {
  const field = form.querySelector("input[type=file]");
  const shown = form.querySelector("[data-uploads]");
  form.querySelector("[data-drop-send]").hidden = true;
  field.addEventListener("change", () => send([...field.files]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("is-over", name === "dragover");
      if (name === "drop") send([...event.dataTransfer.files]);
    });
  }
  document.addEventListener("paste", (event) => {
    if (!form.isConnected) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      send(files);
    }
  });

  async function send(files) {
    let added = 0;
    for (const file of files) added += (await sendOne(file)) ? 1 : 0;
    field.value = "";
    if (added) await renew();
  }

  async function renew() {
    // only this panel: what is half typed elsewhere on the page stays
    const response = await fetch(location.href, { headers: { "X-Background": "1" } });
    if (!response.ok) return location.reload();
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("attachments");
    const old = form.closest("#attachments");
    const problems = [...shown.querySelectorAll(".is-bad")];
    old.replaceWith(fresh);
    const next = fresh.querySelector("form[data-drop]");
    enhanceDrop(next);
    next.querySelector("[data-uploads]").append(...problems);
    return undefined;
  }

  function sendOne(file) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    line.append(name, bar);
    shown.append(line);
    const bad = (text) => {
      line.className = "is-bad";
      line.textContent = text;
      return false;
    };
    if (file.size > Number(form.dataset.most)) return bad(form.dataset.tooLarge.replace("{name}", file.name));
    const failed = form.dataset.failed.replace("{name}", file.name);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("csrf_token", form.elements.csrf_token.value);
      body.append("file", file);
      request.open("POST", form.action);
      request.setRequestHeader("X-Upload", "1");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("load", () => {
        if (request.status === 201) {
          bar.value = 1;
          resolve(true);
        } else resolve(bad(request.response?.problem ?? failed));
      });
      request.addEventListener("error", () => resolve(bad(failed)));
      request.send(body);
    });
  }
}
