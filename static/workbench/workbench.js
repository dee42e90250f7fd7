// Comfort only: rows are read again without the page's reload, and what is under way refreshes itself.
(() => {
  const swap = async (response, id) => {
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old) return null;
    old.replaceWith(fresh);
    return fresh;
  };

  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    // Going on leads to another page: the browser does that itself.
    if (!["reading-form", "tables-form"].includes(form.id) || submitter?.name === "on") return;
    event.preventDefault();
    const section = document.getElementById("reading");
    section.setAttribute("aria-busy", "true");
    const data = new FormData(form, submitter);
    try {
      const fresh = await swap(await fetch(location.pathname, { method: "POST", body: data }), "reading");
      if (!fresh) throw new Error("no rows in the answer");
      fresh.querySelector("h2").focus({ preventScroll: true });
    } catch {
      // Sent as without this script, so that what went wrong is seen.
      const button = document.createElement("input");
      Object.assign(button, { type: "hidden", name: submitter?.name || "again", value: submitter?.value || "1" });
      form.append(button);
      form.submit();
    }
  });

  const refresh = async () => {
    if (!document.querySelector("#progress[data-unfinished]")) return;
    try {
      if (!document.hidden && !document.querySelector("#progress")?.contains(document.activeElement)) {
        const fresh = await swap(await fetch(location.href), "progress");
        if (fresh && !("unfinished" in fresh.dataset)) return location.reload();
      }
    } catch { /* the site is away for a moment */ }
    setTimeout(refresh, 2000);
  };
  setTimeout(refresh, 2000);
})();
