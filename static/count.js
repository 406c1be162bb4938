// Keeps the count of an open petition page fresh. The page works without it.
(() => {
  const shown = document.querySelector("[data-count]");
  if (!shown) return;
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(shown.dataset.count, { cache: "no-cache" });
      if (answer.ok) {
        const total = (await answer.json()).signature_count;
        for (const place of document.querySelectorAll("[data-count], .jump strong")) place.textContent = numbers.format(total);
        document.querySelector("progress").value = total;
      }
    } catch {
      // The next look may find the network again.
    }
  };
  setInterval(look, 15000);
})();
