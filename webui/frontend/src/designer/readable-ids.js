// Ids that people can read in lists of findings and in the text of a file: `user_task_3`, not `Activity_0x1y2z3`. They live in saved
// state, so they stay what they are when a step is renamed.
import BpmnFactory from "bpmn-js/lib/features/modeling/BpmnFactory";

const WORDS = [
  ["bpmn:UserTask", "task"], ["bpmn:ServiceTask", "service"], ["bpmn:ScriptTask", "script"], ["bpmn:BusinessRuleTask", "decision"],
  ["bpmn:CallActivity", "call"], ["bpmn:SubProcess", "part"], ["bpmn:Task", "task"], ["bpmn:Activity", "task"],
  ["bpmn:StartEvent", "start"], ["bpmn:EndEvent", "end"], ["bpmn:BoundaryEvent", "boundary"], ["bpmn:Event", "event"],
  ["bpmn:Gateway", "question"], ["bpmn:SequenceFlow", "flow"], ["bpmn:MessageFlow", "message_flow"], ["bpmn:Lane", "lane"],
  ["bpmn:LaneSet", "lanes"], ["bpmn:Participant", "pool"], ["bpmn:Process", "process"], ["bpmn:Collaboration", "collaboration"],
];

class ReadableFactory extends BpmnFactory {
  _ensureId(object) {
    if (object.id || !this._needsId(object)) return;
    const ids = this._model.ids;
    const word = WORDS.find(([type]) => object.$instanceOf(type))?.[1] ?? object.$type.replace(/^\w+:/, "").replace(/[A-Z]/g, (letter, at) => (at ? "_" : "") + letter.toLowerCase());
    let number = 1;
    while (ids.assigned(`${word}_${number}`)) number += 1;
    object.id = `${word}_${number}`;
    ids.claim(object.id, object);
  }
}
ReadableFactory.$inject = ["moddle"];

export default { bpmnFactory: ["type", ReadableFactory] };
