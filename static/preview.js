// Shows the text as readers will see it, while it is being written. The page works without it: there is a button.
(() => {
  const places = document.querySelectorAll("[data-preview]");
  if (!places.length) return;
  const form = places[0].closest("form");
  const PAUSE = 700;
  let timer;
  let asked = 0;
  const put = (page) => {
    for (const place of places) {
      const made = page.querySelector(`[data-preview="${place.dataset.preview}"]`);
      if (made && made.innerHTML !== place.innerHTML) place.replaceChildren(...made.childNodes);
    }
  };
  const show = async () => {
    const number = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", "preview");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.ok && number === asked) put(page); // else a newer text was asked for meanwhile
    } catch {
      // The former preview stays; after the next pause the network may be back.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
})();
