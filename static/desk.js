// Two small helps at the desk. Typing that has not been sent yet is sent after a moment's pause, so
// that a draft on the server is never far behind; and a link inside a page opens its page without
// loading everything anew. Nothing is kept in the browser.
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
