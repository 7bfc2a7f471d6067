// Scenarios of the draft, played by the server while the drawing goes on: how far it is, what failed, and which steps they go through.
import { element } from "./dialogs.js";
import { Refused, Unreachable } from "./server.js";
import { translate } from "./words.js";

const AGAIN = 1_500;

export class Trials {
  /** `host.go(finding)` leads to what failed; `host.saved()` resolves when the server has what is drawn. */
  constructor(server, canvas, host, root) {
    Object.assign(this, { server, canvas, host, root });
    this.trial = null;
    this.marked = [];
    this.box = root.querySelector("[data-trial]");
    this.box.addEventListener("click", (event) => {
      const failure = event.target.closest("[data-failure]");
      if (failure) host.go({ file: failure.dataset.file, element_id: failure.dataset.failure || null });
    });
  }

  async play() {
    await this.host.saved();
    await this.ask("POST");
  }

  /** What is known already, without playing anything. */
  look() {
    return this.ask("GET");
  }

  async ask(method) {
    clearTimeout(this.waiting);
    const address = `/drafts/${this.server.draftId}/trial`;
    try {
      this.trial = method === "POST" ? await this.server.post(address, {}, { background: true }) : await this.server.get(address, { background: true });
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
    this.show();
    if (this.trial?.state === "playing") this.waiting = setTimeout(() => this.ask("GET"), AGAIN);
  }

  show() {
    const { state, played = 0, count = 0, outcomes = [] } = this.trial ?? { state: "none" };
    const passed = outcomes.filter((each) => each.is_passed).length;
    const button = element("button", { type: "button", class: "btn btn-s", "data-do": "play-scenarios" }, translate("Play the scenarios"));
    button.addEventListener("click", () => this.play());
    const head = element("div", { class: "designer-trial-head" });
    if (state === "playing") head.append(element("progress", { max: Math.max(count, 1), value: played }), translate("Playing the scenarios…"), ` ${played}/${count}`);
    else head.append(button, state === "none" ? "" : count ? translate("Scenarios: {passed} of {count} pass", { passed, count }) : translate("No scenarios yet"));
    const failures = outcomes.filter((each) => !each.is_passed).map((each) => element("li", {},
      element("b", {}, each.name), ...each.failures.map((line) => element("p", { class: "small" }, line))));
    this.box.replaceChildren(head, ...(failures.length ? [element("ul", {}, ...failures)] : []));
    this.box.dataset.state = state === "done" && passed < count ? "failing" : state;
    this.mark();
  }

  /** On each step how many scenarios go through it. */
  mark() {
    const overlays = this.canvas.get("overlays");
    for (const id of this.marked) overlays.remove(id);
    this.marked = [];
    const { outcomes = [], count } = this.trial ?? {};
    if (this.trial?.state !== "done" || !count || !this.root.classList.contains("shows-findings")) return;
    const through = new Map();
    for (const outcome of outcomes) for (const mark of outcome.passed) if (outcome.is_passed) through.set(mark, (through.get(mark) ?? 0) + 1);
    for (const step of this.canvas.get("elementRegistry").filter((each) => each.businessObject?.$instanceOf("bpmn:Activity") && each.type !== "label")) {
      const passed = through.get(`${processOf(step.businessObject)}/${step.id}`) ?? 0;
      const title = passed ? translate("Passed by {passed} of {count} scenarios", { passed, count }) : translate("No scenario comes here");
      this.marked.push(overlays.add(step.id, "trial", { position: { bottom: 10, left: -6 }, html: element("span", { class: `designer-through${passed ? "" : " is-none"}`, title }, String(passed)) }));
    }
  }
}

function processOf(object) {
  for (let around = object; around; around = around.$parent) if (around.$type === "bpmn:Process") return around.id;
  return "";
}
