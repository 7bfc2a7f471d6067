// A text field that looks things up while typing: the ARIA combobox pattern over /directory/search. Without scripts it is a text
// field into which a code or a name is typed, and the server looks it up.
export function startPickers() {
  for (const field of document.querySelectorAll("input[data-picker]")) enhance(field);
  document.addEventListener("content-added", (event) => {
    for (const field of event.detail.querySelectorAll("input[data-picker]")) enhance(field);
  });
}

let number = 0;

function enhance(field) {
  if (field.dataset.enhanced) return;
  field.dataset.enhanced = "1";
  number += 1;
  const list = document.createElement("ul");
  list.id = `picker-${number}`;
  list.className = "picker-list";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const holder = document.createElement("span");
  holder.className = "picker d-block";
  const hadFocus = document.activeElement === field;
  field.replaceWith(holder);
  holder.append(field, list);
  // moving it in the document takes the focus from it
  if (hadFocus || field.autofocus) field.focus();
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");
  field.autocomplete = "off";
  // the id that was chosen travels beside the text that is shown
  const hidden = field.dataset.target ? document.getElementById(field.dataset.target) : null;
  const label = hidden ? document.getElementById(hidden.id.replace(/-id$/, "-label")) : null;
  let entries = [];
  let active = -1;
  let timer = null;
  let asked = 0;

  function close() {
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(entry) {
    field.value = entry.label;
    if (hidden) hidden.value = entry.id;
    if (label) label.value = entry.label;
    close();
    field.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: entry }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function mark(position) {
    active = position;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === position)));
    const item = list.children[position];
    if (item?.id) {
      field.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }
  }

  function show(found) {
    // what was marked stays marked while more is typed
    const marked = entries[active]?.id;
    entries = found;
    list.replaceChildren(...entries.map((entry, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.append(entry.label);
      if (entry.hint) {
        const hint = document.createElement("small");
        hint.append(entry.hint);
        item.append(hint);
      }
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(entry);
      });
      return item;
    }));
    if (!entries.length) {
      const nothing = document.createElement("li");
      nothing.className = "is-empty";
      nothing.append(field.dataset.nothing ?? "—");
      list.append(nothing);
    }
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    const again = entries.findIndex((entry) => entry.id === marked);
    mark(again < 0 && entries.length && field.hasAttribute("data-picker-first") ? 0 : again);
  }

  async function look() {
    asked += 1;
    const mine = asked;
    const address = new URL(field.dataset.picker, location.href);
    address.searchParams.set("q", field.value);
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (!response.ok || mine !== asked || document.activeElement !== field) return;
    show((await response.json()).entries);
  }

  field.addEventListener("input", () => {
    if (hidden) hidden.value = "";
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(close), 140);
  });
  field.addEventListener("focus", () => {
    if (!field.value) look().catch(close);
  });
  field.addEventListener("blur", () => setTimeout(close, 120));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look().catch(close);
      else if (entries.length) mark((active + (event.key === "ArrowDown" ? 1 : entries.length - 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) % entries.length);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(entries[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
}
