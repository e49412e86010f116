// The page is whole without this script: it opens and closes all records at
// once, and opens the row that a mark of the timeline leads to. It reads no
// data and writes no markup.
"use strict";
(() => {
  const all = document.querySelectorAll("details.records");
  const button = document.getElementById("records");
  const name = () => { button.textContent = button.dataset.open ? "Close all records" : "Open all records"; };
  button.hidden = all.length === 0;
  button.addEventListener("click", () => {
    if (button.dataset.open) delete button.dataset.open; else button.dataset.open = "1";
    for (const d of all) d.open = Boolean(button.dataset.open);
    name();
  });
  const show = () => {
    const row = location.hash && document.getElementById(location.hash.slice(1));
    const records = row && row.querySelector("details.records");
    if (records) records.open = true;
  };
  addEventListener("hashchange", show);
  show();
})();
