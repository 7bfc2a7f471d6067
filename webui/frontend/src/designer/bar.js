// The bar above the canvas: files, undo, find, simulation, versions, deploying.
import { ask, element, field, notice, tell } from "./dialogs.js";
import { Refused, Unreachable } from "./server.js";
import { translate } from "./words.js";

export function bindBar(session) {
  const { root, canvas } = session;
  const on = (name, act) => root.querySelector(`[data-do="${name}"]`)?.addEventListener("click", (event) => guard(act, event));
  const files = root.querySelector("[data-files]");
  const list = () => {
    files.replaceChildren(...session.diagrams.map((path) => element("option", { value: path, selected: path === session.path ? "" : null }, path)));
    files.value = session.path;
  };
  files.addEventListener("change", () => guard(() => session.open(files.value)));
  new MutationObserver(list).observe(root, { attributes: true, attributeFilter: ["data-path"] });
  on("undo", () => canvas.get("commandStack").undo());
  on("redo", () => canvas.get("commandStack").redo());
  on("find", () => canvas.get("searchPad").toggle());
  on("fit", () => canvas.fit());
  on("minimap", () => canvas.get("minimap").toggle());
  on("panel", () => canvas.resizing(() => root.classList.toggle("shows-panel")));
  on("findings", () => {
    root.classList.toggle("shows-findings");
    session.trials.mark();
  });
  on("simulate", () => session.simulate());
  on("new-file", () => newFile(session));
  on("versions", () => versions(session));
  on("deploy", () => deploy(session));
}

async function guard(act, event) {
  try {
    await act(event);
  } catch (error) {
    if (error instanceof Unreachable) notice(translate("No network. Nothing is lost; try again in a moment."), "warn");
    else if (error instanceof Refused) notice(error.message, "bad");
    else throw error;
  }
}

async function newFile(session) {
  const answer = await ask(translate("New file"), [
    field("name", translate("Name"), { required: "", pattern: "[a-z][a-z0-9_]{0,59}", placeholder: "hot_work_visit", maxlength: 60 }),
    element("div", { class: "field" }, element("label", { class: "form-label", for: "designer-kind" }, translate("Kind")),
      element("select", { class: "form-select", id: "designer-kind", name: "kind" }, element("option", { value: "bpmn" }, translate("Diagram")), element("option", { value: "dmn" }, translate("Decision table")))),
  ], [{ label: translate("Create"), value: "create", primary: true }, { label: translate("Cancel"), value: "" }], (form) => new FormData(form));
  if (!answer) return;
  session.draft = await session.server.post(`/drafts/${session.server.draftId}/files`, { name: answer.get("name"), kind: answer.get("kind") });
  await session.learn();
  await session.open(session.draft.files.map((file) => file.path).find((path) => path.endsWith(`${answer.get("name")}.${answer.get("kind")}`)));
}

async function versions(session) {
  await session.autosave.flush();
  const base = `/drafts/${session.server.draftId}`;
  const { items } = await session.server.get(`${base}/versions`);
  const rows = items.map((version) => element("label", { class: "designer-version" },
    element("input", { type: "radio", name: "version", value: version.id }), element("span", {}, element("b", {}, `${version.number}. ${version.name}`),
      element("span", { class: "faint" }, ` ${version.created_by.name ?? ""} · ${new Date(version.created_at).toLocaleString(document.documentElement.lang)}${version.deployment_id ? ` · ${translate("deployed")}` : ""}`),
      ...(version.note ? [element("p", { class: "muted small" }, version.note)] : []))));
  const answer = await ask(translate("Versions"), [
    field("name", translate("Keep what is drawn now as"), { maxlength: 120 }), field("note", translate("Note"), { rows: 2, maxlength: 4000 }),
    ...(rows.length ? [element("h3", {}, translate("Kept versions")), element("div", { class: "designer-versions" }, ...rows)] : []),
  ], [{ label: translate("Keep"), value: "keep", primary: true }, ...(rows.length ? [{ label: translate("Restore the chosen one"), value: "restore" }] : []), { label: translate("Close"), value: "" }],
  (form, value) => ({ value, data: new FormData(form) }));
  if (answer?.value === "keep" && answer.data.get("name").trim()) {
    await session.server.post(`${base}/versions`, { name: answer.data.get("name"), note: answer.data.get("note") });
    notice(translate("Version kept."));
  } else if (answer?.value === "restore" && answer.data.get("version")) {
    session.draft = await session.server.post(`${base}/restore`, { version_id: Number(answer.data.get("version")) });
    session.autosave.draftRevision = session.draft.revision;
    await session.open(session.diagrams.includes(session.path) ? session.path : session.diagrams[0]);
    notice(translate("Restored. What was there before is kept among the saves."));
  }
}

async function deploy(session) {
  if (!(await session.autosave.flush())) return;
  const answer = await ask(translate("Deploy this procedure"), [
    element("p", {}, translate("New cases start with it. Running cases stay on the version that they began with.")), field("note", translate("What has changed"), { rows: 3, maxlength: 1000 }),
  ], [{ label: translate("Deploy"), value: "deploy", primary: true }, { label: translate("Cancel"), value: "" }], (form) => new FormData(form));
  if (!answer) return;
  notice(translate("Scenarios are being played…"));
  try {
    const done = await session.server.post(`/drafts/${session.server.draftId}/deploy`, { note: answer.get("note") });
    await tell(translate("Deployed"), element("ul", {}, ...done.definitions.map((each) => element("li", {}, translate("{name}: version {version}", each)))));
  } catch (error) {
    if (!(error instanceof Refused) || !error.problem.errors) throw error;
    await tell(error.message, element("ul", { class: "designer-refusal" }, ...error.problem.errors.map((each) => element("li", {}, each.message, element("span", { class: "faint" }, ` ${each.file ?? ""} ${each.element_id ?? ""}`)))));
  }
}
