/* Search in the archive, in the reader's own browser: nothing is asked of anybody.
   A classic script, so that it also runs on pages opened from a disk. Texts are compared folded:
   no case, no accents, œ as oe; each word asked for must begin a word of the link. */

(function () {
  "use strict";

  const PAGE = 20;
  const LETTERS = { œ: "oe", æ: "ae", ø: "o", đ: "d", ł: "l", ß: "ss" };
  const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/;
  const WEIGHTS = [8, 4, 3, 1]; // headline, tags, source, words

  const form = document.getElementById("search");
  const input = document.getElementById("words");
  const count = document.getElementById("count");
  const list = document.getElementById("hits");
  const more = document.getElementById("more");
  const model = document.getElementById("hit");
  const ways = document.getElementById("ways");
  const issues = window.veilleIndex.issues;

  function fold(text) {
    return text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[œæøđłß]/g, (letter) => LETTERS[letter]);
  }

  /* Words apart by single spaces, one before the first: a word begins where a space is.
     C++ and C# are words. */
  function words(text) {
    return " " + fold(text).replace(/[^\p{L}\p{N}+#]+/gu, " ");
  }

  const links = window.veilleIndex.links.map(
    ([issue, position, headline, url, source, tags, language, text]) => ({
      issue: issues[issue],
      position,
      headline,
      url,
      source,
      language,
      text,
      fields: [words(headline), words(tags.join(" ")), words(source), words(text)],
    }),
  );

  /* «été "plan de sauvegarde" -sport» → what must be there, what must not. */
  function parse(query) {
    const wanted = [];
    const unwanted = [];
    for (const [, minus, phrase, word] of query.matchAll(/(-?)(?:["“«]([^"”»]*)["”»]?|([^\s"“«]+))/g)) {
      const term = words(phrase ?? word).trimEnd();
      if (term) {
        (minus ? unwanted : wanted).push(UNSPACED.test(term) ? term.slice(1) : term);
      }
    }
    return { wanted, unwanted };
  }

  /* How well a link answers, 0 when it does not. */
  function score(link, { wanted, unwanted }) {
    if (unwanted.some((term) => link.fields.some((field) => field.includes(term)))) {
      return 0;
    }
    let total = 0;
    for (const term of wanted) {
      let best = 0;
      link.fields.forEach((field, place) => {
        const at = best < WEIGHTS[place] ? field.indexOf(term) : -1;
        if (at >= 0) {
          const whole = field[at + term.length] === undefined || field[at + term.length] === " ";
          best = WEIGHTS[place] + (whole ? 0.5 : 0);
        }
      });
      if (best === 0) {
        return 0;
      }
      total += best;
    }
    return total;
  }

  /* Best first; of equals the newest, since the index is in that order and sorting is stable. */
  function find(query) {
    const asked = parse(query);
    if (asked.wanted.length === 0) {
      return { asked, found: [] };
    }
    const found = links
      .map((link) => ({ link, points: score(link, asked) }))
      .filter((hit) => hit.points > 0)
      .sort((a, b) => b.points - a.points)
      .map((hit) => hit.link);
    return { asked, found };
  }

  /* Where in the text as written the folded terms stand: [[from, to], …] in order. */
  function marks(text, terms) {
    let folded = " ";
    const origin = [0];
    let at = 0;
    for (const letter of text) {
      for (const plain of fold(letter).replace(/[^\p{L}\p{N}+#]/gu, " ")) {
        if (plain !== " " || !folded.endsWith(" ")) {
          folded += plain;
          origin.push(at);
        }
      }
      at += letter.length;
    }
    origin.push(at);
    const spans = [];
    for (const term of terms) {
      const skip = term.startsWith(" ") ? 1 : 0;
      for (let found = folded.indexOf(term); found >= 0; found = folded.indexOf(term, found + 1)) {
        spans.push([origin[found + skip], origin[found + term.length]]);
      }
    }
    return spans.sort((a, b) => a[0] - b[0]);
  }

  /* Fills an element with text, what was looked for marked; from a word before the first match. */
  function show(element, text, terms, length) {
    const spans = marks(text, terms);
    let from = 0;
    let to = text.length;
    if (length && text.length > length) {
      const first = spans.length ? spans[0][0] : 0;
      from = first > length / 2 ? text.lastIndexOf(" ", first - length / 3) + 1 : 0;
      to = from + length < text.length ? text.lastIndexOf(" ", from + length) : text.length;
      to = to > from ? to : Math.min(from + length, text.length);
    }
    element.textContent = from > 0 ? "… " : "";
    let at = from;
    for (const [start, end] of spans) {
      if (start >= at && end <= to) {
        const mark = document.createElement("mark");
        mark.textContent = text.slice(start, end);
        element.append(text.slice(at, start), mark);
        at = end;
      }
    }
    element.append(text.slice(at, to), to < text.length ? " …" : "");
  }

  function draw(link, terms) {
    const [page, title, language] = link.issue;
    const item = model.content.firstElementChild.cloneNode(true);
    const issue = item.querySelector(".issue");
    const anchor = item.querySelector(".title a");
    item.lang = language;
    issue.href = page + (link.position ? "#link-" + link.position : "");
    issue.textContent = title;
    anchor.href = /^https?:/.test(link.url) ? link.url : issue.href;
    if (link.language) {
      anchor.lang = anchor.hreflang = link.language;
    }
    show(anchor, link.headline, terms);
    show(item.querySelector(".words"), link.text, terms, 260);
    if (link.source) {
      show(item.querySelector(".source"), link.source, terms);
      item.querySelector(".source").append(" · ");
    }
    return item;
  }

  let current = { asked: { wanted: [] }, found: [] };
  let shown = 0;

  function extend() {
    const next = current.found.slice(shown, shown + PAGE);
    list.append(...next.map((link) => draw(link, current.asked.wanted)));
    shown += next.length;
    more.hidden = shown >= current.found.length;
  }

  function search() {
    const query = input.value.trim();
    current = find(query);
    shown = 0;
    list.replaceChildren();
    extend();
    const total = current.found.length;
    const number = total.toLocaleString(document.documentElement.lang);
    const told = total === 0 ? form.dataset.none : form.dataset.found + " " + number;
    count.textContent = current.asked.wanted.length > 0 ? told : "";
    list.hidden = total === 0;
    ways.hidden = total > 0;
    remember(query);
  }

  /* The question is in the address: it can be kept, sent and found again by going back. */
  function remember(query) {
    try {
      history.replaceState(null, "", query ? "#q=" + encodeURIComponent(query) : location.pathname);
    } catch {
      // Some browsers refuse this for files on a disk: the search works all the same.
    }
  }

  function recall() {
    const asked = /^#q=(.*)/.exec(location.hash);
    if (asked) {
      try {
        input.value = decodeURIComponent(asked[1]);
      } catch {
        input.value = asked[1];
      }
    }
    search();
  }

  function step(by) {
    const stops = [input, ...list.querySelectorAll(".title a")];
    const next = stops.indexOf(document.activeElement) + by;
    if (next >= 0 && next < stops.length) {
      stops[next].focus();
    }
  }

  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => {
      input.value = "";
      search();
      input.focus();
    },
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    step(1);
  });
  input.addEventListener("input", search);
  more.firstElementChild.addEventListener("click", () => {
    const first = shown;
    extend();
    list.querySelectorAll(".title a")[first]?.focus();
  });
  window.addEventListener("hashchange", recall);
  document.addEventListener("keydown", (event) => {
    const typing = document.activeElement === input;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    if (event.key === "/" && !typing) {
      event.preventDefault();
      input.focus();
    } else if (KEYS[event.key] && (typing || list.contains(document.activeElement))) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });

  form.hidden = false;
  recall();
  input.focus({ preventScroll: true });
})();
