// The page /verify: checks the chosen file here, and sends nothing. Without this the form sends the file.
(async () => {
  "use strict";
  const form = document.querySelector("[data-verify]");
  const words = JSON.parse(form.dataset.words);
  const schemas = JSON.parse(form.dataset.schemas);
  const [answer, template, progress, problem] = ["answer", "found", "progress", "problem"].map((name) =>
    document.querySelector(`[data-${name}]`),
  );
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(language);
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long", timeZone: "UTC" });
  const countries = new Intl.DisplayNames(language, { type: "region" });

  if (!(await verifyChecks.possible())) {
    document.querySelector("[data-cannot]").hidden = false;
    return;
  }
  document.querySelector("[data-here]").hidden = false;
  document.querySelector("[data-there]").hidden = true;

  const filled = (sentence, values) => sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const said = ({ code, values }) => {
    const inner = Object.entries(values).map(([name, value]) => [name, value?.code ? said(value) : value]);
    return filled(words.sentences[code], Object.fromEntries(inner));
  };
  const day = (text) => days.format(new Date(text));

  // Who made it, as this site's list of its keys tells.
  async function makerOf(fingerprint, named) {
    if (named) return words.makers.named;
    let keys;
    try {
      keys = (await (await fetch(form.dataset.keys, { cache: "no-cache" })).json()).keys;
    } catch {
      return words.makers.unchecked;
    }
    const key = keys.find((one) => one.fingerprint === fingerprint);
    if (!key) return words.makers.unknown;
    const values = { since: day(key.first_used_at), until: key.retired_at && day(key.retired_at) };
    return filled(key.retired_at ? words.makers.retired : words.makers.site, values);
  }

  function lineWords(line) {
    return `${line.n}. ${[line.name, line.city, countries.of(line.country)].filter(Boolean).join(", ")}`;
  }

  function show(report, maker) {
    const made = template.content.cloneNode(true);
    const slot = (name) => made.querySelector(`[data-slot="${name}"]`);
    const list = (name, texts) =>
      slot(name).replaceChildren(
        ...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text, dir: "auto" })),
      );
    const right = !report.faults.length;
    slot("verdict").textContent = right ? words.verdicts[report.kind] : words.verdicts.wrong;
    slot("maker").textContent = maker;
    list("faults", report.faults.map(said));
    list("notes", right ? report.notes.map((note) => words.notes[note]) : []);
    if (report.summary) fill(slot, report);
    else [made.querySelector("h3"), made.querySelector("table")].forEach((part) => part.remove());
    answer.replaceChildren(made);
  }

  function fill(slot, { summary: manifest, line }) {
    const texts = {
      petition: manifest.petition.title,
      addressee: manifest.petition.addressee,
      mission: manifest.mission.name,
      day: day(manifest.snapshot_on),
      total: numbers.format(manifest.signature_count),
      full: numbers.format(manifest.shown.full),
      initials: numbers.format(manifest.shown.initials),
      count: numbers.format(manifest.shown.count),
      fingerprint: manifest.key.match(/.{4}/g).join(" "),
    };
    for (const [name, text] of Object.entries(texts)) slot(name).textContent = text;
    if (line) slot("line").textContent = lineWords(line);
    else slot("line").closest("tr").remove();
  }

  const refuse = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };

  async function run() {
    const file = form.elements.file.files[0];
    const typed = form.elements.key.value.replace(/[\s:-]/g, "").toLowerCase();
    if (!file) return refuse(words.none);
    if (typed && !/^[0-9a-f]{64}$/.test(typed)) return refuse(words.bad_fingerprint);
    refuse("");
    answer.textContent = words.checking;
    progress.hidden = false;
    const meter = progress.querySelector("progress");
    const moved = (share) => (meter.value = share);
    try {
      const report = await verifyChecks.check(file, { schemas, trusted: typed, progress: moved });
      show(report, report.faults.length ? "" : await makerOf(report.fingerprint, Boolean(typed)));
    } catch {
      answer.textContent = words.unreadable; // it was moved or changed while it was read, or memory ran out
    }
    progress.hidden = true;
  }

  let running = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    running = true;
    await run();
    running = false;
  });
})();
