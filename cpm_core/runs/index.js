// Search and filters of the page, from the marks that its rows carry; without it every row is shown.
(() => {
  const form = document.getElementById("find");
  const runs = [...document.querySelectorAll(".run")];
  const reports = [...document.querySelectorAll(".report")];
  const sections = [...document.querySelectorAll("section")];
  const told = document.getElementById("told");
  const none = document.getElementById("none");
  const fields = [...form.elements].filter((one) => one.name);
  const texts = new Map(runs.map((run) => [run, `${run.closest(".report").dataset.text} ${run.textContent}`.toLowerCase()]));

  const shown = (run, wanted, words) =>
    Object.entries(wanted).every(([name, value]) => !value || (run.dataset[name] ?? run.closest(".report").dataset[name]) === value) &&
    words.every((word) => texts.get(run).includes(word));

  const filter = () => {
    const { q, ...wanted } = Object.fromEntries(fields.map((one) => [one.name, one.value]));
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0 || Object.values(wanted).some(Boolean);
    let count = 0;
    for (const run of runs) {
      run.hidden = !shown(run, wanted, words);
      if (!run.hidden) count += 1;
    }
    for (const report of reports) {
      report.hidden = !report.querySelector(".run:not([hidden])");
      const older = report.querySelector("details");
      if (older) {
        const found = older.querySelectorAll(".run:not([hidden])").length;
        older.hidden = found === 0;
        older.open = active && found > 0 && found <= 20;
      }
    }
    for (const section of sections) section.hidden = !section.querySelector(".report:not([hidden])");
    told.textContent = active ? `${count} / ${runs.length}` : "";
    none.hidden = count > 0 || runs.length === 0;
    const said = new URLSearchParams(fields.filter((one) => one.value).map((one) => [one.name, one.value])).toString();
    history.replaceState(null, "", said ? `#${said}` : location.pathname + location.search);
  };

  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = fields.find((one) => one.name === name);
    if (field) field.value = value;
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  if (location.hash) filter();
})();
