// Times in the reader's own zone, and the page anew whenever something happens. Without scripts the
// page says the same, in UTC and as of when it was read.
"use strict";

const localize = () => {
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = "day" in time.dataset
      ? at.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" })
      : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
};

let reading = false;
const readAgain = async () => {
  if (reading) return;
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").innerHTML = page.querySelector("main").innerHTML;
    localize();
  } finally {
    reading = false;
  }
};

localize();
if ("live" in document.querySelector("main").dataset) {
  let soon;
  new EventSource(location.pathname.replace(/\/$/, "") + "/events").onmessage = () => {
    clearTimeout(soon);
    soon = setTimeout(readAgain, 300);
  };
}
