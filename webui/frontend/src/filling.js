// Choosing a unit in a form fills in who lives there and how to reach them; choosing a tenant fills in the unit. What somebody typed stays.
export function startFilling() {
  document.addEventListener("picked", (event) => {
    const form = event.target.closest("[data-form]");
    if (!form || !event.detail.place) return;
    const own = event.target.closest("[data-kind]")?.dataset.kind;
    const place = event.detail.place;
    for (const kind of ["unit", "tenant"]) if (kind !== own && place[kind]) refer(form, kind, place[kind]);
    for (const part of ["caller", "phone"]) if (place[part]) write(form.querySelector(`[data-desk-part=${part}] input`), place[part]);
  });
}

function refer(form, kind, target) {
  const input = form.querySelector(`[data-field][data-kind=${kind}] input[data-picker]`);
  const id = input && document.getElementById(input.dataset.target);
  if (!id || !write(input, target.label)) return;
  id.value = target.id;
  const label = document.getElementById(id.id.replace(/-id$/, "-label"));
  if (label) label.value = target.label;
}

function write(input, value) {
  // filled in by an earlier choice: the later one is meant
  if (!input || (input.value && input.value !== input.dataset.filled)) return false;
  input.value = value;
  input.dataset.filled = value;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
