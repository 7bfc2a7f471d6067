// Drawing a signature: a canvas over a hidden field that carries the picture. Loaded only by pages that ask for one.
import SignaturePad from "signature_pad";

for (const box of document.querySelectorAll("[data-signature]")) enhance(box);
document.addEventListener("content-added", (event) => event.detail.querySelectorAll("[data-signature]").forEach(enhance));

function enhance(box) {
  if (box.dataset.enhanced) return;
  box.dataset.enhanced = "1";
  const canvas = box.querySelector("canvas");
  const field = box.querySelector("input[type=hidden]");
  const clear = box.querySelector("[data-signature-clear]");
  const pad = new SignaturePad(canvas, { minWidth: 0.8, maxWidth: 2.6, penColor: "#10202c" });
  box.hidden = false;

  function fit() {
    const width = canvas.clientWidth;
    if (!width) return;
    // strokes survive a turned phone; two device pixels a pixel are enough for print
    const ratio = Math.min(2, Math.max(devicePixelRatio || 1, 1));
    const strokes = pad.toData();
    canvas.width = width * ratio;
    canvas.height = canvas.clientHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    if (strokes.length) pad.fromData(strokes);
  }

  new ResizeObserver(fit).observe(canvas);
  fit();
  pad.addEventListener("endStroke", () => {
    field.value = pad.toDataURL("image/png");
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  clear?.addEventListener("click", () => {
    pad.clear();
    field.value = "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
