// Select2 draws its own fields and leaves them without a name: give them that of the label or column they stand under.
(() => {
  let count = 0;
  const nameOf = (select) => select.getAttribute("aria-label") || select.labels?.[0]?.textContent.trim().replace(/:$/, "") || select.name;
  const label = () => {
    for (const drawn of document.querySelectorAll(".select2-container")) {
      const select = drawn.previousElementSibling;
      if (select?.tagName !== "SELECT") continue;
      for (const field of drawn.querySelectorAll("[role=combobox], .select2-search__field")) field.setAttribute("aria-label", nameOf(select));
      // A list with a button in it is no list to those who have it read to them.
      for (const part of drawn.querySelectorAll("ul.select2-selection__rendered, ul.select2-selection__rendered > li")) part.setAttribute("role", "none");
      const chosen = drawn.querySelector(".select2-selection__rendered[role=textbox]");
      if (!chosen) continue;
      // Read as the field's name and what is chosen in it.
      const field = chosen.closest("[role=combobox]");
      field.id ||= `drawn-${++count}`;
      field.setAttribute("aria-labelledby", `${field.id} ${chosen.id}`);
      chosen.removeAttribute("role");
      chosen.removeAttribute("aria-readonly");
    }
  };
  label();
  // It draws them late, anew after each choice, and in every row that is added.
  new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
  // The search field's own label is a picture.
  document.getElementById("searchbar")?.setAttribute("aria-label", "Search");
})();
