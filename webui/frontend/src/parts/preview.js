// What is edited as people will see it: the server draws it from text that nobody has saved, a frame shows it at the width of a desk or a
// phone, in any of the languages.
import { element } from "../designer/dialogs.js";
import { Refused } from "../designer/server.js";
import { translate } from "../designer/words.js";
import { initForms } from "../forms.js";

const WIDTHS = { desk: 900, phone: 390 };

export class Preview {
  /** `body()` gives the fields to send, or null where there is nothing to show. `widths`: whether to offer the phone's. */
  constructor(root, address, token, body, widths = true) {
    Object.assign(this, { root, address, token, body, width: "desk", locale: document.documentElement.lang });
    const group = (label, list, name) => element("div", { class: "parts-switch", role: "group", "aria-label": label }, ...list.map(([value, words]) => {
      const button = element("button", { type: "button", class: "btn btn-s btn-quiet", "aria-pressed": String(this[name] === value), lang: name === "locale" ? value : null }, words);
      button.addEventListener("click", () => {
        this[name] = value;
        for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
        this.fit();
        if (name === "locale") this.show();
      });
      return button;
    }));
    this.state = element("span", { class: "parts-preview-state faint", role: "status" });
    // no script runs in it and nothing can be sent from it; what shows and hides fields runs out here
    this.frame = element("iframe", { class: "parts-frame", title: translate("Preview"), sandbox: "allow-same-origin" });
    this.stage = element("div", { class: "parts-stage" }, this.frame);
    root.replaceChildren(element("div", { class: "parts-preview-bar" }, ...(widths ? [group(translate("Width"), [["desk", translate("At a desk")], ["phone", translate("On a phone")]], "width")] : []),
      group(translate("Language"), [["zh-Hant", "繁"], ["zh-Hans", "简"], ["en", "EN"]], "locale"), this.state), this.stage);
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  fit() {
    const wide = WIDTHS[this.width], room = this.stage.clientWidth, scale = Math.min(1, room / wide);
    this.frame.width = wide;
    this.frame.height = Math.round(this.stage.clientHeight / scale);
    this.frame.style.transform = `scale(${scale})`;
    this.root.dataset.width = this.width;
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.show(), 350);
  }

  async show() {
    const fields = this.body();
    if (!fields) return;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    try {
      const response = await fetch(`${this.address}?locale=${this.locale}`, {
        method: "POST", body: new URLSearchParams(fields), signal: asking.signal, headers: { "X-CSRFToken": this.token, "X-Background": "1" },
      });
      const text = await response.text();
      if (asking.signal.aborted) return;
      if (response.status >= 500) throw new Refused(response.status, {});
      this.state.textContent = response.ok ? "" : translate("As it was before the mistake");
      // a mistake leaves the last good page standing
      if (response.ok || !this.frame.srcdoc) this.put(text);
      this.told?.(response, text);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.state.textContent = translate("No preview for the moment");
    }
  }

  put(text) {
    const top = this.frame.contentWindow?.scrollY ?? 0;
    this.frame.addEventListener("load", () => { initForms(this.frame.contentDocument); this.frame.contentWindow.scrollTo(0, top); this.root.dataset.shown = String(Number(this.root.dataset.shown ?? 0) + 1); }, { once: true });
    this.frame.srcdoc = text;
    this.fit();
  }
}
