// Links marked data-dialog open their page as a dialog; without scripts they are pages.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      openDialog(link.href, link);
    }
    const closer = event.target.closest("[data-close]");
    const dialog = closer?.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
    event.target.closest(".note .close")?.closest(".note").remove();
  });
  document.addEventListener("submit", (event) => {
    // a second click on a slow network must not send twice
    const form = event.target;
    if (form.getAttribute("method") !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}

/** Show a page as a dialog; `from` has the focus again afterwards. */
export async function openDialog(address, from) {
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!response.ok) {
    location.assign(address);
    return;
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  const dialog = document.createElement("dialog");
  dialog.innerHTML = await response.text();
  dialog.setAttribute("aria-labelledby", "sheet-title");
  dialog.addEventListener("close", () => {
    dialog.remove();
    (from?.closest("details.menu")?.querySelector("summary") ?? from)?.focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  document.dispatchEvent(new CustomEvent("content-added", { detail: dialog }));
  dialog.showModal();
  // a mark in the heading comes before what the dialog asks
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("textarea, select, input:not([type=hidden])"))?.focus();
}
