// What the panel asks of each kind of element: who, with which form, by which clause, how soon, and under which condition.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { owner, property } from "../properties.js";
import { translate } from "../words.js";
import { Condition } from "./condition.jsx";
import { CalledProcess, Decision, FormEntry, LaneRole, laneOf, Operator, Script } from "./elements.jsx";
import { Choice, Duration, Flag, Line, Several, Told, Words } from "./entries.jsx";

const roles = (catalogue) => catalogue.roles.map((role) => ({ value: role.id, label: role.name }));
const staff = (catalogue) => catalogue.roles.filter((role) => !role.is_outside).map((role) => ({ value: role.id, label: role.name }));
const outside = (catalogue) => catalogue.roles.filter((role) => role.is_outside).map((role) => ({ value: role.id, label: role.name }));
const clauses = (catalogue) => catalogue.clauses.map((clause) => ({ value: clause.number, label: clause.number, hint: clause.text }));
const records = (catalogue) => catalogue.records.map((record) => ({ value: record.key, label: record.title || record.key }));
const forms = (catalogue) => catalogue.forms.map((form) => ({ value: form.key, label: form.title || form.key }));
const words = (...list) => () => list.map(([value, label]) => ({ value, label: translate(label) }));

function signatures(catalogue, element) {
  const key = property(owner(element), "form");
  const form = catalogue.forms.find((each) => each.key === key);
  return (form?.fields ?? []).map((field) => ({ value: field.name, label: field.title || field.name }));
}

const entry = (component, name, label, more = {}) => ({ component, name, label, ...more });

const WHO = {
  id: "who", label: "Who does it", of: isWork,
  entries: [
    entry(Told, "lane", "Lane", { text: (element) => laneOf(element) || translate("In no lane: only the fallback role sees it") }),
    entry(Choice, "outside", "Outside person", { list: outside, none: "Staff do it" }),
    entry(Choice, "attended_by", "Attended by", { list: staff, only: isOutside, description: "Sees an outside person’s step at the desk or on the phone." }),
    entry(Choice, "hand_over", "Handed over", { list: words(["link", "By a one-time link as soon as it opens"]), none: "At the desk", only: isOutside }),
    entry(Line, "candidate_roles", "Role by expression", { description: "Gives a role where the lane isn’t enough, e.g. the department concerned." }),
    entry(Line, "assignee", "Person by expression"),
  ],
};
const FORM = {
  id: "form", label: "Form and record", of: (element) => isWork(element) || isAny(element, "bpmn:StartEvent", "bpmn:ServiceTask", "bpmn:Activity"),
  entries: [
    { component: FormEntry, name: "form", label: "Form", only: (element) => isWork(element) || is(element, "bpmn:StartEvent") },
    entry(Several, "signature", "Signatures", { list: signatures, add: "Require a signature…", only: isWork }),
    entry(Several, "record", "Printed record", { list: records, add: "Choose a record…" }),
    entry(Choice, "channel", "Normally done by", { list: words(["desk", "Desk"], ["phone", "Phone"], ["link", "Link"], ["paper", "Paper"]), only: isWork }),
  ],
};
const CLAUSE = {
  id: "clause", label: "Clauses of the manual", of: (element) => isAny(element, "bpmn:FlowNode", "bpmn:Participant", "bpmn:Process"),
  entries: [entry(Several, "clause", "Carries out", { list: clauses, add: "Add a clause…" })],
};
const TIME = {
  id: "time", label: "Due time and escalation", of: isWork,
  entries: [
    entry(Duration, "due", "Due after"), entry(Duration, "warn", "Warn before"),
    entry(Choice, "calendar", "Counted", { list: words(["working", "In working time"]), none: "Around the clock" }),
    entry(Choice, "escalate_to", "Escalate to", { list: roles }),
  ],
};
const CHAIN = {
  id: "chain", label: "Signature chain", of: (element) => is(element, "bpmn:UserTask"),
  entries: [
    entry(Line, "signers", "Signers by expression", { description: "A list of {role, step}, usually from a decision table." }),
    entry(Line, "signature_rule", "Done when", { description: "all, first, or how many have to approve." }),
    entry(Choice, "signer_form", "Signers’ form", { list: forms, none: "The built-in one" }),
  ],
};
const GATE = {
  id: "gate", label: "Gate", of: (element) => isWork(element) || isAny(element, "bpmn:Activity", "bpmn:StartEvent"),
  entries: [
    entry(Line, "require", "Only if", { description: "Checked when the step is completed, e.g. dues_settled()." }),
    entry(Words, "require_message", "Else say"),
  ],
};
const START = {
  id: "start", label: "Cases of this procedure", of: (element) => isAny(element, "bpmn:Participant", "bpmn:Process"),
  entries: [
    entry(Several, "start_roles", "Started by", { list: staff, add: "Add a role…" }),
    entry(Line, "title", "Title of a case", { description: "A template over the forms’ fields, e.g. {registration.unit.label}." }),
    entry(Choice, "number", "Numbered as", { list: (catalogue) => catalogue.series.map((value) => ({ value, label: value })) }),
    entry(Line, "group", "Listed under"),
    entry(Choice, "for_each", "Once for each", { list: (catalogue) => catalogue.collections.map((value) => ({ value, label: translate(value) })) }),
    entry(Choice, "catch_up", "After a stop", { list: words(["all", "Start every missed one"], ["latest", "Start the latest only"]) }),
    entry(Flag, "hidden_start", "Not offered on the start page"), entry(Flag, "desk", "Offered at the front desk", { yes: "1" }),
  ],
};
const OTHERS = [
  { id: "role", label: "Role", of: (element) => is(element, "bpmn:Lane"), entries: [{ component: LaneRole, name: "role", label: "Role" }] },
  { id: "called", label: "Called procedure", of: (element) => is(element, "bpmn:CallActivity"), entries: [{ component: CalledProcess, name: "called", label: "Process" }] },
  { id: "operator", label: "Operation", of: (element) => is(element, "bpmn:ServiceTask"), entries: [{ component: Operator, name: "operator", label: "Operation" }] },
  { id: "decision", label: "Decision table", of: (element) => is(element, "bpmn:BusinessRuleTask"), entries: [{ component: Decision, name: "decision", label: "Decision" }] },
  { id: "script", label: "Calculation", of: (element) => is(element, "bpmn:ScriptTask"), entries: [{ component: Script, name: "script", label: "Script" }] },
  { id: "condition", label: "Condition", of: isConditional, entries: [{ component: Condition, name: "condition", label: "Taken when" }] },
];

/** Our groups for an element, those that are used opened. */
export function groupsOf(element) {
  if (element.labelTarget) element = element.labelTarget;
  return [...OTHERS, WHO, FORM, CLAUSE, TIME, CHAIN, GATE, START].filter((group) => group.of(element)).map((group) => ({
    id: `our-${group.id}`, label: translate(group.label), shouldOpen: !["chain", "gate"].includes(group.id),
    entries: group.entries.filter((each) => !each.only || each.only(element)).map(({ only, text, ...each }) => ({
      ...each, id: `our-${each.name}`, element, text: text?.(element), isEdited: (node) => Boolean(node?.value),
    })),
  }));
}

function isWork(element) {
  return isAny(element, "bpmn:UserTask", "bpmn:ManualTask");
}

function isOutside(element) {
  return property(owner(element), "outside") !== "";
}

function isAny(element, ...types) {
  return types.some((type) => is(element, type));
}

function isConditional(element) {
  return is(element, "bpmn:SequenceFlow") && element.source && isAny(element.source, "bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:Activity");
}
