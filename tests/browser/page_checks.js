// What every page must fulfil, as lists of sentences about what does not. Evaluates to an object of checks.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !clipped(element);
  const clipped = (element) => {
    for (let one = element; one; one = one.parentElement)
      if (getComputedStyle(one).clipPath !== "none") return true;
    return false;
  };
  const named = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  const words = (element) => (element.getAttribute("aria-label") || element.textContent).trim() || pictured(element);
  const pictured = (element) => all("img", element).map((image) => image.alt).join(" ");

  // Colours: what stands on what, with everything see-through laid over what is below.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => known.get(colour) || known.set(colour, painted(colour)).get(colour);
  const painted = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(rgba(getComputedStyle(one).backgroundColor));
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  return {
    structure() {
      const faults = [];
      const must = (right, sentence) => right || faults.push(sentence);
      must(/^[a-z]{2}(-|$)/.test(document.documentElement.lang), "the page names no language");
      must(["ltr", "rtl"].includes(document.documentElement.dir), "the page names no direction");
      must(document.title.trim().length > 4, "the page has no title");
      must(all("h1").length === 1, `${all("h1").length} first headings`);
      for (const landmark of ["body > header", "body > footer", "body > main", "nav[aria-label]"])
        must(all(landmark).length === 1, `not one ${landmark}`);
      const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
      must(levels.every((level, i) => i === 0 || level - levels[i - 1] <= 1), `headings jump: ${levels}`);
      for (const image of all("img")) must(image.hasAttribute("alt"), `no words for ${named(image)}`);
      for (const drawing of all("svg")) must(drawing.ariaHidden === "true" || drawing.role === "img", `a drawing says not what it is: ${named(drawing)}`);
      for (const one of all("a, button")) must(words(one), `no words in ${named(one)}`);
      for (const table of all("table")) must(all("th[scope]", table).length > 0, "a table has no headings");
      for (const one of all("[style], [onclick], [onsubmit], style, script:not([src])")) faults.push(`inline: ${named(one)}`);
      const ids = all("[id]").map((one) => one.id);
      must(new Set(ids).size === ids.length, `an id twice among ${ids}`);
      for (const name of ["aria-describedby", "aria-labelledby", "for"])
        for (const one of all(`[${name}]`))
          for (const id of one.getAttribute(name).trim().split(/\s+/)) must(ids.includes(id), `${named(one)} points to nothing`);
      for (const link of all('a[href^="#"]')) must(ids.includes(link.hash.slice(1)), `${named(link)} leads nowhere`);
      return faults;
    },

    fields() {
      const faults = [];
      for (const field of all("input:not([type=hidden]), select, textarea")) {
        const label = field.labels[0];
        if (!field.ariaLabel && !(label && label.textContent.trim())) faults.push(`no label: ${named(field)}`);
        if (field.type === "radio" && !field.closest("fieldset").querySelector("legend")) faults.push(`no legend: ${named(field)}`);
      }
      for (const field of all("[aria-invalid=true]")) {
        const ids = (field.getAttribute("aria-describedby") || "").split(" ");
        const said = ids.map((id) => document.getElementById(id)).find((one) => one && one.matches(".problem"));
        if (!said || !shown(said) || !said.textContent.trim()) faults.push(`wrong, but nobody says why: ${named(field)}`);
        if (!document.querySelector(`.summary a[href="#${field.id}"]`)) faults.push(`not in the summary: ${named(field)}`);
      }
      for (const said of all(".problem"))
        if (!document.querySelector(`[aria-invalid][aria-describedby~="${said.id}"]`)) faults.push(`belongs to no field: ${said.textContent}`);
      return faults;
    },

    contrast() {
      const faults = [];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !shown(element) || element.closest("title, option, script")) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const found = ratio(over(rgba(element instanceof SVGElement ? style.fill : style.color), below), below);
        const size = parseFloat(style.fontSize);
        const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 600) ? 3 : 4.5;
        if (found < needed) faults.push(`${found.toFixed(2)} for "${texts.currentNode.textContent.trim().slice(0, 40)}"`);
      }
      for (const field of all("input:not([type=hidden]), select, textarea").filter(shown)) {
        const found = ratio(rgba(getComputedStyle(field).borderBlockStartColor), ground(field.parentElement));
        if (found < 3) faults.push(`${found.toFixed(2)} for the edge of ${named(field)}`);
      }
      for (const drawn of all("svg rect")) {
        const found = ratio(rgba(getComputedStyle(drawn).fill), ground(drawn.closest("svg").parentElement));
        if (found < 3) faults.push(`${found.toFixed(2)} for a bar`);
      }
      return faults;
    },

    targets() {
      const faults = [];
      for (const one of all("a, button, input:not([type=hidden]), select, textarea, summary")) {
        const target = one.matches("[type=radio], [type=checkbox]") ? one.closest("label") : one;
        const inSentence = one.matches("p a, li a, blockquote summary") && words(one.parentElement).length > words(one).length + 3;
        if (!shown(target) || inSentence || one.matches(".skip, .mail a, .prose.text a")) continue;
        const { width, height } = target.getBoundingClientRect();
        if (height < 43.5 || width < 24) faults.push(`${Math.round(width)} × ${Math.round(height)}: ${named(target)}`);
      }
      return faults;
    },

    overflow() {
      const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      if (wide <= 0) return [];
      const out = all("body *").filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1);
      return [`${wide} px too wide`, ...out.slice(0, 5).map(named)];
    },

    // Call it when the focus came by keyboard: the browser then draws it on whatever gets it next.
    focus() {
      const takers = all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]");
      const faults = takers.filter((one) => shown(one) || one.matches(".skip")).flatMap((one) => this.focusOn(one));
      return takers.length > 5 ? faults : ["nothing takes the focus"];
    },

    focusOn(one) {
      one.focus();
      if (document.activeElement !== one) return [`takes no focus: ${named(one)}`];
      const style = getComputedStyle(one);
      const faults = [];
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push(`no outline: ${named(one)}`);
      const found = ratio(rgba(style.outlineColor), ground(one.parentElement));
      if (found < 3) faults.push(`${found.toFixed(2)} for the outline of ${named(one)}`);
      const box = one.getClientRects()[0];
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
      if (!top || !(one.contains(top) || top.contains(one))) faults.push(`hidden: ${named(one)}`);
      return faults;
    },

    paper: () => luminance(ground(document.body)),
  };
})();
