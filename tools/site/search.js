// Finds sections that have all words of the query; headings count more. The index is a list of
// [page, anchor, heading, text] that the site's generator wrote; nothing is fetched.
"use strict";
const input = document.getElementById("search");
const found = document.getElementById("found");

function score(section, words) {
    const heading = section[2].toLowerCase(), text = section[3].toLowerCase();
    let sum = 0;
    for (const word of words) {
        const value = (heading.includes(word) ? 10 : 0) + (text.includes(word) ? 1 : 0);
        if (value === 0)
            return 0;
        sum += value;
    }
    return sum;
}

function around(text, word) {
    const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
    return (at > 0 ? "... " : "") + text.slice(at, at + 120);
}

function show() {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const hits = words.length === 0 ? [] : SECTIONS.map((section) => [score(section, words), section])
        .filter((hit) => hit[0] > 0).sort((a, b) => b[0] - a[0]).slice(0, 12);
    found.replaceChildren(...hits.map(([, [page, anchor, heading, text]]) => {
        const item = document.createElement("li"), link = document.createElement("a");
        const where = document.createElement("small");
        link.href = page + (anchor ? "#" + anchor : "");
        link.textContent = heading;
        where.textContent = around(text, words[0]);
        link.append(where);
        item.append(link);
        return item;
    }));
    found.hidden = hits.length === 0;
}

input.addEventListener("input", show);
document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== input) {
        event.preventDefault();
        input.focus();
    } else if (event.key === "Escape") {
        found.hidden = true;
    } else if (event.key === "Enter" && document.activeElement === input && !found.hidden) {
        found.querySelector("a").click();
    }
});
found.addEventListener("click", () => { found.hidden = true; });
