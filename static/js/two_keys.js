// Two Keys' own script: copy, print, show what was typed, no double submit, a short fade of what was swapped.
// It keeps no state and builds no HTML. Buttons that need it stay hidden until it runs.
(() => {
  const reveal = () => document.querySelectorAll("[data-act][hidden]").forEach((button) => (button.hidden = false));
  const swapText = (button) => {
    if (button.dataset.other) [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
  };

  const acts = {
    async copy(button, element) {
      getSelection().selectAllChildren(element);
      try {
        await navigator.clipboard.writeText(element.innerText.trim());
      } catch {
        document.execCommand("copy"); // on plain http there is no clipboard object
      }
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true"); // until its text is back
      swapText(button);
      setTimeout(() => (swapText(button), button.removeAttribute("aria-disabled")), 2000);
    },
    print: () => print(),
    show(button, input) {
      input.type = input.type === "password" ? "text" : "password";
      swapText(button);
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) acts[button.dataset.act]?.(button, document.getElementById(button.dataset.of));
  });

  // No double submit: the form is marked, not its button, so that going back or stopping leaves nothing disabled.
  const free = (form) => form.removeAttribute("aria-busy");
  addEventListener("submit", (event) => {
    if (event.target.hasAttribute("aria-busy")) return event.preventDefault(), event.stopImmediatePropagation();
    event.target.setAttribute("aria-busy", "true");
    setTimeout(free, 8000, event.target);
  }, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach(free));
  document.addEventListener("htmx:finally:request", ({ target }) => target.matches?.("form") && free(target));

  // What the page asks for by itself (when the window gets the focus, or now and then) fails silently; anything else says so.
  const noAnswer = (shown) => document.getElementById("no-answer")?.toggleAttribute("hidden", !shown);
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (["focus", "every", "input"].includes(ctx.sourceEvent.type)) ctx.fetch = (...asked) => fetch(...asked).catch(() => new Response(null, { status: 204 }));
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && !ctx.response && noAnswer(true));
  document.addEventListener("htmx:after:request", () => noAnswer(false));
  document.addEventListener("htmx:before:settle", ({ detail: { newContent } }) => {
    reveal();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    newContent.forEach((element) => element.animate?.({ opacity: [0.2, 1] }, 120));
  });
  // A swapped card whose pressed button is gone keeps the focus itself; autofocus inside it comes later and wins.
  // Scroll anchoring may have left it: the top of what is new comes into view, also if the focus stays at its end, on Cancel.
  // What is swapped in beside it (a "partial") stays where it is.
  document.addEventListener("htmx:after:settle", ({ target, detail: { task } }) => {
    if (task.type === "partial" || !target.matches?.("section, [tabindex='-1']")) return;
    if (document.activeElement === document.body) target.focus({ preventScroll: true });
    const focused = document.activeElement;
    const fresh = !target.contains(focused) ? target : focused.matches("form.act a.button") ? focused.closest("form") : focused;
    const { top } = fresh.getBoundingClientRect();
    if (top < 0 || top > innerHeight - 44) fresh.scrollIntoView({ block: "start" });
  });
  reveal();
})();
