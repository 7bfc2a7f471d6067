// Fingers on the canvas: one moves the picture (or what is selected), two zoom. The library itself knows the mouse alone, so a finger that
// draws is handed on as one.

export function startTouch(modeler, holder) {
  const canvas = modeler.get("canvas"), selection = modeler.get("selection"), registry = modeler.get("elementRegistry");
  const fingers = new Map();
  let apart = 0, asMouse = null, under = null;
  holder.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    apart = 0;
    const id = event.target.closest("[data-element-id]")?.dataset.elementId;
    const isHandle = event.target.closest(".djs-context-pad, .djs-palette, .djs-popup, .djs-resizer, .djs-segment-dragger, .djs-bendpoint, .djs-minimap");
    // what was taken from the palette, or a connection that was begun, goes to where the next finger comes down
    if (isDrawing() && !isHandle) {
      asMouse = event.pointerId;
      mouse("mousemove", event);
      return;
    }
    // a finger on what is selected, or on a tool, draws; on anything else it moves the picture
    asMouse = isHandle || (id && selection.isSelected(registry.get(id))) ? event.pointerId : null;
    if (asMouse !== null && !isHandle) mouse("mousedown", event);
  });
  holder.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    if (fingers.size === 1 && (asMouse === event.pointerId || isDrawing())) {
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
      if (isDrawing() && asMouse === event.pointerId) mouse("mouseup", event);
      asMouse = under = null;
    });
  }

  function isDrawing() {
    return Boolean(modeler.get("dragging", false)?.context());
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

  // a mouse says what it comes over before it moves there, and the library asks no other way what something is dropped on
  function mouse(kind, { clientX, clientY, target }) {
    const here = kind === "mousedown" ? target : document.elementFromPoint(clientX, clientY) ?? target;
    const tell = (name, at) => at.dispatchEvent(new MouseEvent(name, { bubbles: true, cancelable: true, view: window, clientX, clientY, button: 0, buttons: name === "mouseup" ? 0 : 1 }));
    if (here !== under && kind === "mousemove") {
      const left = under ?? modeler.get("dragging", false)?.context()?.payload.hoverGfx;
      if (left?.isConnected) tell("mouseout", left);
      tell("mouseover", here);
      under = here;
    }
    tell(kind, here);
  }
}
