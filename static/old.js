// Runs before everything else, in the oldest words a browser may know: one that lacks what the
// frontend is built on is taken to a page that says what to do, instead of staying white.
(function () {
  "use strict";

  var able =
    "noModule" in document.createElement("script") &&
    typeof structuredClone === "function" &&
    typeof Object.hasOwn === "function" &&
    typeof [].toSorted === "function";
  if (!able) {
    window.location.replace("/browser");
  }
})();
