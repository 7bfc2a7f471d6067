// The dialogs that change a clause or a limit of the draft.
import { ask, element, notice } from "./dialogs.js";
import { choice, fill, fold, line, several, text, tick } from "./form-dialog.js";
import { Refused } from "./server.js";
import { translate } from "./words.js";

const MOMENTS = [["completed", "done"], ["created", "opened"], ["cancelled", "given up"]];
const WHOLE = [["instance:started", "The case begins"], ["instance:ended", "The case ends"], ["instance:suspended", "The case is put to rest"], ["instance:resumed", "The case is woken up"]];
const KINDS = [["", "Time from one to another"], ["share", "Share of cases"], ["average", "Average"], ["never", "Must never happen before"]];

/**
 * Save one entry of a file of the manual. Where somebody else has saved the file since it was read: beside theirs as long as this entry is not
 * among what they changed, else somebody chooses. `find(seen)` gives the entry as the server has it now, `send(seen)` saves mine.
 */
async function beside(manual, before, find, send) {
  try {
    return await send(manual.seen);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 412) throw error;
    await manual.refresh();
    const now = find(manual.seen);
    if (said(now) === said(before)) return send(manual.seen);
    const who = error.problem.changed_by ?? translate("Theirs");
    const answer = await ask(translate("{name} has changed this too", { name: who }), [
      element("p", {}, translate("It reads so now. Yours is not saved yet.")), element("pre", { class: "parts-compare" }, said(now) || "—")], [
      { label: translate("Save mine"), value: "mine", primary: true }, { label: translate("Take theirs, drop mine"), value: "theirs" }, { label: translate("Not now"), value: "" }]);
    if (answer === "theirs") return true;
    if (answer === "mine") return send(manual.seen);
    throw error;
  }
}

/** What an entry says, without where it is carried out: that follows from other files. */
function said(entry) {
  if (!entry) return "";
  const { number, zh_hant, en, is_executable, reason_zh_hant, reason_en, id, effective_from, values } = entry;
  const lines = Object.entries(values ?? { number, zh_hant, en, is_executable, reason_zh_hant, reason_en }).concat(values ? [["id", id], ["effective_from", effective_from]] : []);
  return lines.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => `${name}: ${[value].flat().join(", ")}`).sort().join("\n");
}

/** `clause`: one of `look`, or null for a new one. Resolves to whether something was saved. */
export async function editClause(manual, clause) {
  const { server, seen } = manual;
  const first = seen.clauses.at(-1)?.number.split(" ")[0] ?? manual.procedure;
  const reasons = [text("reason_zh_hant", translate("Why not (traditional Chinese)"), clause?.reason_zh_hant, { rows: 2 }), text("reason_en", translate("Why not (English)"), clause?.reason_en, { rows: 2 })];
  const folded = fold(translate("Why nothing carries it out"), reasons, true);
  const executable = tick("is_executable", translate("It asks for something that is done"), clause?.is_executable ?? true);
  const show = () => { folded.hidden = executable.input.checked; };
  executable.input.addEventListener("change", show);
  show();
  const fields = [
    line("number", translate("Number"), clause?.number ?? `${first} `, { required: true, hint: translate("Procedure and number as the manual has it, e.g. repair 4.2.1") }),
    text("zh_hant", translate("Text (traditional Chinese)"), clause?.zh_hant, { required: true, hint: translate("Simplified Chinese is made from it.") }),
    text("en", translate("Text (English)"), clause?.en, { required: true }), executable, { node: folded }, ...reasons.map((field) => ({ ...field, node: "" })),
  ];
  return Boolean(await fill(clause ? translate("Clause {number}", clause) : translate("New clause"), fields, translate("Save"), (values) =>
    beside(manual, clause, (now) => now.clauses.find((each) => each.number === (clause ?? values).number), (now) =>
      server.put(`/drafts/${server.draftId}/manual/clauses`, { number: clause?.number ?? null, clause: values, revision: now.clauses_revision }))));
}

export async function removeClause(manual, clause) {
  const { server, seen } = manual;
  const sure = await ask(translate("Remove clause {number}?", clause), [element("p", {}, clause.text)], [
    { label: translate("Remove"), value: "remove", primary: true }, { label: translate("Cancel"), value: "" }]);
  if (!sure) return false;
  await server.remove(`/drafts/${server.draftId}/manual/clauses?${new URLSearchParams({ number: clause.number, revision: seen.clauses_revision })}`);
  notice(translate("Removed. The saves keep what it said."));
  return true;
}

/** `limit`: one of `look`, or null for a new one. */
export async function editLimit(manual, limit) {
  const { server, seen } = manual, values = limit?.values ?? {}, list = (name) => [values[name] ?? []].flat();
  const happenings = [...WHOLE.map(([value, words]) => [value, translate(words)]), ...seen.steps.flatMap((step) => MOMENTS.map(([moment, words]) =>
    [`${step.process === seen.home ? "" : `${step.process}/`}${step.element_id}:${moment}`, `${step.name}: ${translate(words)}`]))];
  const roles = [["", translate("Nobody")], ...manual.catalogue.roles.map((role) => [role.id, role.name])];
  const clauses = seen.known.map((each) => [each.number, `${each.number} ${each.text}`]);
  const when = (name, label, more) => several(name, translate(label), list(name), happenings, more);
  const kind = choice("kind", translate("What it counts"), values.kind ?? "", KINDS.map(([value, words]) => [value, translate(words)]));
  const all = {
    id: line("id", translate("Code"), values.id, { required: true, fixed: limit?.is_deployed, code: true, hint: limit ? null : translate("Small letters, digits and _. Figures are kept under it, so it stays.") }),
    name: line("name", translate("Name (traditional Chinese)"), values.name, { required: true }),
    clause: several("clause", translate("Clauses"), (values.clause ?? "").split(",").map((each) => each.trim()).filter(Boolean), clauses, { required: true, add: translate("Add a clause…") }),
    kind,
    from: when("from", "Begins with", { required: true }), to: when("to", "Decided by", { required: true }),
    needs: when("needs", "Permitted by", { required: true }), act: when("act", "The act", { required: true }), void: when("void", "Permission ends with"),
    target: line("target", translate("Target"), values.target, { hint: translate("A time such as PT20M, PT2H, P3D or end_of_day; a share such as 95%; an average such as 4.5") }),
    by_day: line("by_day", translate("Or by day of the month"), values.by_day ?? "", { type: "number" }),
    calendar: choice("calendar", translate("Counted"), values.calendar ?? "", [["", translate("Around the clock")], ["working", translate("In working time")]]),
    scope: choice("scope", translate("How often"), values.scope ?? "", [["", translate("Once a case")], ["round", translate("Every round anew")]]),
    warn: line("warn", translate("Warn before"), values.warn, { placeholder: "PT5M" }),
    escalate_to: choice("escalate_to", translate("Escalate to"), values.escalate_to ?? "", roles),
    every: choice("every", translate("Measured at least"), values.every ?? "", [["", translate("No matter")], ["month", translate("Every month")], ["half_year", translate("Every half year")]]),
    each: line("each", translate("For each"), values.each, { code: true }), category: line("category", translate("Told apart by"), values.category, { code: true }),
    when: line("when", translate("Only where"), values.when, { code: true }), needs_when: line("needs_when", translate("Permits only where"), values.needs_when, { code: true }),
    met: line("met", translate("As it should be where"), values.met, { code: true }), apart: line("apart", translate("Counted apart where"), values.apart, { code: true }),
    exclude: line("exclude", translate("Left out where"), values.exclude, { code: true }), value: line("value", translate("Number"), values.value, { code: true }),
    cancel: when("cancel", "Given up with"), pause: when("pause", "Stands still from"), resume: when("resume", "Goes on with"),
    effective_from: line("effective_from", translate("Counts from"), limit?.effective_from ?? "", { type: limit?.effective_from?.includes("T") ? "text" : "date", hint: limit?.is_deployed ? translate("It is counted by already. For another target give the day from which it counts; until then, and in closed months, the old one does.") : translate("Empty: ever since.") }),
  };
  const rest = ["when", "needs_when", "met", "apart", "exclude", "value", "cancel", "pause", "resume", "every", "each", "category", "scope"];
  const further = fold(translate("Conditions and exceptions"), rest.map((name) => all[name]), false);
  const arrange = () => {
    const isAct = kind.value() === "never", isClock = kind.value() === "";
    for (const name of ["needs", "act", "void", "needs_when"]) all[name].node.hidden = !isAct;
    for (const name of ["from", "to", "scope", "cancel"]) all[name].node.hidden = isAct;
    for (const name of ["by_day", "calendar", "warn", "pause", "resume"]) all[name].node.hidden = !isClock;
    for (const name of ["apart", "exclude"]) all[name].node.hidden = isAct || isClock;
    all.target.node.hidden = isAct;
    all.value.node.hidden = kind.value() !== "average";
  };
  kind.input.addEventListener("change", arrange);
  arrange();
  // what does not belong to the kind any more isn't sent
  const field = (name) => ({ ...all[name], node: rest.includes(name) ? "" : all[name].node, refuse: (message) => { all[name].refuse(message); if (message && rest.includes(name)) further.open = true; } });
  const order = Object.keys(all).filter((name) => name !== "effective_from");
  const fields = [...order.map(field), { node: further }, field("effective_from")];
  return Boolean(await fill(limit ? translate("Limit {id}", limit) : translate("New limit"), fields, translate("Save"), (sent) => {
    const written = Object.fromEntries(Object.entries(sent).filter(([name]) => !all[name].node.hidden));
    const body = { ...written, clause: sent.clause.join(", "), by_day: written.by_day ? Number(written.by_day) : null };
    const isThis = (each) => each.id === (limit?.id ?? sent.id) && (each.effective_from ?? null) === (limit?.effective_from ?? null);
    return beside(manual, limit, (now) => now.limits.find(isThis), (now) =>
      server.put(`/drafts/${server.draftId}/manual/limits`, { id: limit?.id ?? null, effective_from: limit?.effective_from ?? null, values: body, revision: now.limits_revision }));
  }, limit ? [{ label: translate("Remove"), act: () => removeLimit(manual, limit) }] : []));
}

async function removeLimit(manual, limit) {
  const { server, seen } = manual;
  const sure = await ask(translate("Remove limit {id}?", limit), [element("p", {}, translate("It is measured no longer once this is deployed. What it measured stays."))], [
    { label: translate("Remove"), value: "remove", primary: true }, { label: translate("Cancel"), value: "" }]);
  if (!sure) return;
  await server.remove(`/drafts/${server.draftId}/manual/limits?${new URLSearchParams({ id: limit.id, revision: seen.limits_revision, ...(limit.effective_from ? { effective_from: limit.effective_from } : {}) })}`);
  await manual.refresh(true);
}
