// Beside the page, for the tests: knows what the page has asked of the server and what has come back.
// NUMBERS holds the numbers of the messages' fields, as the installed protocol has them.
(() => {
  "use strict";
  if (window.pulse) return;
  const CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]';
  const PAUSE = 100; // milliseconds between two knocks for a request that may never be answered
  const FRAMES = 500, IDLE = 1000;
  const state = { socket: null, open: 0, running: false, moves: 0, answered: 0 };
  // Pieces that ask for themselves by the clock, and those that a person's hand asked for.
  const byClock = new Set(), byHand = new Set();

  // The fields of a message, one after the other; what is text or a message itself comes as bytes.
  function* fields(bytes) {
    let at = 0;
    const number = () => {
      let found = 0, by = 1, byte;
      do { byte = bytes[at++]; found += (byte & 127) * by; by *= 128; } while (byte & 128);
      return found;
    };
    while (at < bytes.length) {
      const head = number(), kind = head % 8;
      let value = null;
      if (kind === 0) value = number();
      else if (kind === 2) {
        const size = number();
        value = bytes.subarray(at, at + size);
        at += size;
      } else at += kind === 1 ? 8 : 4;
      yield [Math.floor(head / 8), value];
    }
  }
  const all = (bytes, field) => [...fields(bytes)].filter(([one]) => one === field).map((it) => it[1]);
  const first = (bytes, ...path) =>
    path.reduce((inner, field) => (inner ? all(inner, field)[0] : undefined), bytes);
  const words = (bytes) => new TextDecoder().decode(bytes);
  const bytesOf = (data) => {
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array();
  };

  // The field of each key, as one would type into it. A run that no press of a button has caused may
  // not put another in its place: what was being typed there would be lost.
  const FIELDS = '[class*="st-key-"] :is(textarea, input[type="text"], [role="combobox"])';
  const keyOf = (one) => [...one.closest('[class*="st-key-"]').classList]
    .find((name) => name.startsWith("st-key-"));
  const fieldsNow = () => {
    const found = new Map();
    for (const one of document.querySelectorAll(FIELDS)) {
      if (!found.has(keyOf(one))) found.set(keyOf(one), one);
    }
    return found;
  };
  const moved = [];
  let before = null, pressed = false;
  for (const name of ["click", "keydown"]) {
    document.addEventListener(name, (event) => {
      const by = event.target instanceof Element && event.target.closest("button, a, [role=button]");
      if (by || event.key === "Enter" || event.key === "Escape") pressed = true;
    }, true);
  }
  window.addEventListener("popstate", () => { pressed = true; }, true);
  const compare = () => {
    if (before === null) return;
    const now = fieldsNow();
    for (const [key, one] of before) {
      if (!pressed && now.has(key) && now.get(key) !== one) moved.push(key);
    }
    [before, pressed] = [null, false];
  };

  // Whether a run is only a piece that looked again by itself: nobody waits for it.
  const isClockwork = (bytes) => {
    const run = first(bytes, NUMBERS.metadata, NUMBERS.run);
    const pieces = run ? all(run, NUMBERS.pieces).map(words) : [];
    return pieces.length > 0 && pieces.every((one) => byClock.has(one) && !byHand.has(one));
  };
  const sent = (data) => {
    const ask = first(bytesOf(data), NUMBERS.ask);
    if (!ask) return;
    const piece = words(first(ask, NUMBERS.piece) ?? new Uint8Array());
    if (first(ask, NUMBERS.clock)) {
      byClock.add(piece);
      return;
    }
    if (piece) byHand.add(piece);
    state.moves += 1;
    state.open += 1;
  };
  const came = (data) => {
    const bytes = bytesOf(data), kinds = new Set([...fields(bytes)].map(([one]) => one));
    if (kinds.has(NUMBERS.echo)) state.answered += 1;
    const begun = kinds.has(NUMBERS.begun);
    if (begun) before ??= fieldsNow();
    if (!(begun || kinds.has(NUMBERS.ended)) || isClockwork(bytes)) return;
    state.moves += 1;
    state.running = begun;
    if (begun) state.open = Math.max(0, state.open - 1);
  };
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...words) {
      super(...words);
      Object.assign(state, { socket: this, open: 0, running: false, moves: state.moves + 1 });
      this.addEventListener("message", (event) => came(event.data));
    }
    send(data) {
      sent(data);
      super.send(data);
    }
  };

  const drawn = () => document.querySelector(CONNECTED) && document.querySelector(".st-key-nav .scope");
  const still = () => !state.running && state.socket?.readyState === Real.OPEN && drawn();
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  // What a click or a lost focus causes is sent before the page is idle again. Frames are not waited
  // for without end: a busy machine may draw none for seconds.
  const idle = async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
    await Promise.race([frame().then(frame), pause(FRAMES)]);
    await new Promise((done) => requestIdleCallback(() => done(), { timeout: IDLE }));
  };
  const echo = (moves) => new Promise((done) => {
    const until = state.answered + 1;
    Real.prototype.send.call(state.socket, new Uint8Array(NUMBERS.knock));
    const look = () => {
      if (state.answered >= until) done(true);
      else if (state.moves !== moves) done(false);
      else setTimeout(look, 5);
    };
    look();
  });
  // Still, and the server, asked after all that was sent, has begun nothing. Two requests may be
  // answered by one run, and one for a piece that is gone by none: then it is asked three times.
  let step = "";
  const once = async () => {
    step = "idle";
    await idle();
    const { moves, open } = state;
    for (let turn = open ? 3 : 1; turn; turn -= 1) {
      step = `knock ${turn}`;
      if (!still() || !(await echo(moves))) return false;
      if (turn > 1) await pause(PAUSE);
    }
    step = "idle again";
    await idle();
    if (!still() || state.moves !== moves) return false;
    state.open = 0;
    byHand.clear();
    compare();
    return { moved: moved.splice(0) };
  };
  let asked = null, going = false, found = false;
  window.pulse = {
    // What is waited for, for who reads why a page never settled.
    state: () => ({ ...state, socket: state.socket?.readyState, going, step, byHand: [...byHand],
      byClock: [...byClock] }),
    // Asked again and again with the same word until it says yes; a new word begins anew.
    settled(word) {
      if (word !== asked) [asked, found] = [word, false];
      if (!going && !found) {
        going = true;
        once().then((yes) => { if (asked === word) found = yes; }).finally(() => { going = false; });
      }
      return found;
    },
  };
})();
