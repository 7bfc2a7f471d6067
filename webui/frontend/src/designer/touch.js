// Fingers on the canvas: one moves the picture (or what is selected), two zoom. The library itself knows the mouse alone, so a finger that
// draws is handed on as one.

export function startTouch(modeler, holder) {
  const canvas = modeler.get("canvas"), selection = modeler.get("selection"), registry = modeler.get("elementRegistry");
  const fingers = new Map();
  let apart = 0, asMouse = null;
  holder.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    apart = 0;
    const id = event.target.closest("[data-element-id]")?.dataset.elementId;
    const isHandle = event.target.closest(".djs-context-pad, .djs-palette, .djs-popup, .djs-resizer, .djs-segment-dragger, .djs-bendpoint, .djs-minimap");
    // a finger on what is selected, or on a tool, draws; on anything else it moves the picture
    asMouse = isHandle || (id && selection.isSelected(registry.get(id))) ? event.pointerId : null;
    if (asMouse !== null && !isHandle) mouse("mousedown", event);
  });
  holder.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    if (fingers.size === 1 && (asMouse === event.pointerId || modeler.get("dragging", false)?.context())) {
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      mouse("mousemove", event);
      return;
    }
    const before = middle();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = middle();
    canvas.scroll({ dx: after.x - before.x, dy: after.y - before.y });
    if (fingers.size === 2) zoom(after);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    holder.addEventListener(name, (event) => {
      if (!fingers.delete(event.pointerId)) return;
      apart = 0;
      if (modeler.get("dragging", false)?.context()) mouse("mouseup", event);
      asMouse = null;
    });
  }

  function middle() {
    const all = [...fingers.values()];
    return { x: all.reduce((sum, each) => sum + each.x, 0) / all.length, y: all.reduce((sum, each) => sum + each.y, 0) / all.length };
  }

  function zoom(around) {
    const [a, b] = [...fingers.values()], now = Math.hypot(a.x - b.x, a.y - b.y), box = holder.getBoundingClientRect();
    if (apart) canvas.zoom(Math.min(4, Math.max(0.1, (canvas.zoom() * now) / apart)), { x: around.x - box.left, y: around.y - box.top });
    apart = now;
  }

  function mouse(kind, { clientX, clientY, target }) {
    const under = kind === "mousemove" ? document.elementFromPoint(clientX, clientY) ?? target : target;
    under.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX, clientY, button: 0, buttons: kind === "mouseup" ? 0 : 1 }));
  }
}
