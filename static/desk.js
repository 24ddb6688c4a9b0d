// Small helps at the desk. Typing that has not been sent yet is sent after a moment's pause, so that a
// draft on the server is never far behind; a link inside a page opens its page without loading
// everything anew; and a list can be walked with the keys. Nothing is kept in the browser.
(() => {
  "use strict";

  const PAUSE = 1500;
  const DRAFT = '[class*="st-key-draft-"] textarea';
  const waiting = new WeakMap();
  let composing = false;

  // Ctrl+Enter is how the frontend sends a field while one goes on typing in it.
  const send = (field) => {
    clearTimeout(waiting.get(field));
    waiting.delete(field);
    if (!field.isConnected || composing) return;
    field.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true }),
    );
  };
  const later = (field) => {
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(() => send(field), PAUSE));
  };
  const drafted = (event) =>
    event.target instanceof HTMLTextAreaElement && event.target.matches(DRAFT) && event.target;

  document.addEventListener("input", (event) => {
    const field = drafted(event);
    if (field) later(field);
  });
  // While Chinese is being composed the text is not yet what is meant.
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", (event) => {
    composing = false;
    const field = drafted(event);
    if (field) later(field);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    for (const field of document.querySelectorAll(DRAFT)) if (waiting.has(field)) send(field);
  });

  // J and K (in the list also the arrows) go from row to row, Enter follows the row's link as it does
  // any link, Escape closes what is open beside the list. In a field the keys are the field's own.
  const rows = () => [...document.querySelectorAll("table.rows a.row")];
  const isField = (one) =>
    one instanceof HTMLElement &&
    (one.isContentEditable || one.matches("input, textarea, select, [role=combobox], [role=listbox]"));
  const step = (by) => {
    const all = rows();
    let at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex((one) => one.hasAttribute("aria-current"));
    if (at < 0 && by < 0) at = all.length;
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    return Boolean(next);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || composing) return;
    if (isField(event.target)) return;
    const inList = event.target instanceof Element && event.target.matches("a.row");
    const key = event.key.toLowerCase();
    const by = key === "j" || (inList && key === "arrowdown") ? 1
      : key === "k" || (inList && key === "arrowup") ? -1 : 0;
    if (by && step(by)) event.preventDefault();
    if (event.key === "Escape" && !document.querySelector("[role=dialog]")) {
      document.querySelector("a.close")?.click();
    }
  });

  // A list that is drawn anew while it is walked takes the focus with it: its row is found again by its
  // link, unless one has gone elsewhere meanwhile.
  let walked = "";
  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof Element && event.target.matches("table.rows a.row");
    walked = row ? event.target.getAttribute("href") : "";
  });
  document.addEventListener("pointerdown", () => { walked = ""; });
  new MutationObserver(() => {
    if (!walked || document.activeElement !== document.body) return;
    rows().find((one) => one.getAttribute("href") === walked)?.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element && event.target.closest("a.print-now"))) return;
    event.preventDefault();
    window.print();
  });

  // Without this, or should the frontend change, the link is followed as any link.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a.go");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.origin !== location.origin || link.target) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  });
})();
