// Keeps the progress of a build fresh. Without it the page loads itself again now and then.
(() => {
  const PAUSE = 2000;
  const place = document.querySelector("[data-progress]");
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector("[data-progress]");
      if (found && !found.querySelector("progress")) return location.reload(); // it is ready: show all of it
      if (found) place.replaceChildren(...found.childNodes);
    } catch {
      // The next look may find the network again.
    }
    setTimeout(look, PAUSE);
  };
  if (place && place.querySelector("progress")) setTimeout(look, PAUSE);
})();
