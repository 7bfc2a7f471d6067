// Photos are made smaller on the device before they are sent: at most this many pixels a side and about this many bytes, turned as the
// camera was held. Drawing them anew leaves behind what the camera wrote into the file, the place included.
const SIDE = 1600;
const MOST = 600_000;
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

export async function shrink(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    // the server says what is wrong with it
    return file;
  }
  let side = SIDE;
  for (;;) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    const context = canvas.getContext("2d");
    // what was transparent would become black
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (blob && blob.size <= MOST) {
        bitmap.close();
        return new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
      }
    }
    side = Math.round(side * 0.75);
  }
}

/** Every photo field of the page, those that come later too. */
export function startPhotos() {
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (!field.matches?.("input[type=file][data-photos]") || event.detail === "shrunk" || !field.files.length) return;
    const form = field.form;
    form.dataset.busy = String(Number(form.dataset.busy ?? 0) + 1);
    field.classList.add("photo-busy");
    try {
      const chosen = new DataTransfer();
      for (const file of [...field.files]) chosen.items.add(await shrink(file));
      field.files = chosen.files;
    } finally {
      form.dataset.busy = String(Number(form.dataset.busy) - 1);
      field.classList.remove("photo-busy");
      field.dispatchEvent(new CustomEvent("shrunk", { bubbles: true }));
    }
  });
  // who is quicker than the phone waits for it
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!Number(form.dataset.busy)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.addEventListener("shrunk", () => !Number(form.dataset.busy) && form.requestSubmit(event.submitter), { once: true });
  }, true);
}
