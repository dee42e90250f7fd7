// Select2 draws its own fields and leaves them without a name: give them that of the label or heading they stand under.
(() => {
  const nameOf = (select) => select.getAttribute("aria-label") || select.labels?.[0]?.textContent.trim().replace(/:$/, "") || select.name;
  const label = () => {
    for (const drawn of document.querySelectorAll(".select2-container")) {
      const select = drawn.previousElementSibling;
      if (select?.tagName !== "SELECT") continue;
      for (const field of drawn.querySelectorAll("[role=combobox], [role=searchbox], .select2-search__field")) {
        field.setAttribute("aria-label", nameOf(select));
      }
    }
  };
  addEventListener("load", label);
  // Its own label is a picture.
  addEventListener("load", () => document.getElementById("searchbar")?.setAttribute("aria-label", "Search"));
  document.addEventListener("formset:added", () => setTimeout(label));
})();
