"use strict";

// Draws the charts, and shows the numbers, rows and marks of the days that the reader chooses. The page's own numbers are
// those of the whole period; numbers are written as words.py writes them.
(() => {
  const { specs, rows, daily, figures, weekdays, months } = JSON.parse(document.getElementById("report-data").textContent);
  if (daily === null) return;

  const DAY = 24 * 60 * 60 * 1000;
  const start = Date.parse(daily.first); // a day alone is midnight UTC
  const [periodFirst, periodLast] = daily.period;
  const dayAt = (place) => new Date(start + place * DAY);
  const placeOf = (text) => Math.round((Date.parse(text) - start) / DAY);
  const isoDay = (place) => dayAt(place).toISOString().slice(0, 10);
  const places = (first, last) => Array.from({ length: last - first + 1 }, (_, number) => first + number);

  // What the days from one place to another add up to.
  const total = (numbers, first, last) => places(first, last).reduce((sum, day) => sum + numbers[day], 0);
  const partOf = (part, whole) => (whole ? part / whole : null);

  // A listener of several days counts on the first of them: on which the day before lies further back than the first day.
  function distinct(returns, first, last) {
    let sum = 0;
    for (const day of places(first, last)) {
      returns[day].forEach((number, gap) => { if (gap === 0 || gap > day - first) sum += number; });
    }
    return sum;
  }

  function measures(first, last) {
    const plays = total(daily.plays, first, last);
    const listeners = distinct(daily.listeners, first, last);
    return {
      plays,
      listeners,
      new: total(daily.new, first, last),
      sessions: distinct(daily.sessions, first, last),
      seconds: total(daily.seconds, first, last),
      per_listener: partOf(plays, listeners),
      paid: partOf(total(daily.levels.paid, first, last), plays),
      unmatched: partOf(plays - total(daily.matched, first, last), plays),
    };
  }

  // Numbers and days in words.
  const tenth = (value) => Math.floor(value * 10 + 0.5) / 10;
  const grouped = (value, digits) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  function duration(seconds) {
    if (seconds >= 360000) return `${grouped(Math.floor(seconds / 3600 + 0.5), 0)} h`;
    if (seconds >= 3600) return `${tenth(seconds / 3600).toFixed(1)} h`;
    return `${Math.floor(seconds / 60 + 0.5)} min`;
  }

  function percent(share) {
    if (share > 0 && share < 0.0005) return "<0.1%";
    return share >= 0.9995 && share < 1 ? ">99.9%" : `${grouped(tenth(share * 100), 1)}%`;
  }

  function written(kind, value) {
    if (value === null) return "–";
    if (kind === "share") return percent(value);
    if (kind === "hours") return duration(value);
    return kind === "ratio" ? grouped(tenth(value), 1) : grouped(Math.floor(value + 0.5), 0);
  }

  function change(kind, value, before) {
    if (value === null || before === null) return "";
    const difference = value - before;
    if (difference === 0) return "unchanged";
    const sign = difference > 0 ? "+" : "−";
    const size = Math.abs(difference);
    if (kind === "share") return `${sign}${tenth(size * 100).toFixed(1)} points`;
    return `${sign}${written(kind, size)}${before ? ` (${sign}${written("share", size / before)})` : ""}`;
  }

  function told(first, last) {
    const [from, to] = [dayAt(first), dayAt(last)];
    const month = (day) => `${months[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
    const whole = (day) => `${day.getUTCDate()} ${month(day)}`;
    if (first === last) return whole(to);
    return `${month(from) === month(to) ? from.getUTCDate() : whole(from)} to ${whole(to)}`;
  }

  // The rows of the charts that follow the chosen days; days are milliseconds.
  function inParts(parts, measure, by) {
    return (first, last) => places(first, last).flatMap((day) =>
      parts.map(([name, value], place) => ({ day: start + day * DAY, [by]: name, [measure]: value(day), place })));
  }

  function meanWeek(first, last) {
    const week = weekdays.map(() => ({ days: 0, hours: new Array(24).fill(0) }));
    for (const day of places(first, last)) {
      const sums = week[(dayAt(day).getUTCDay() + 6) % 7];
      sums.days += 1;
      daily.hours[day - periodFirst].forEach((plays, hour) => { sums.hours[hour] += plays; });
    }
    return week.map(({ days, hours }) => hours.map((plays) => plays / Math.max(days, 1)));
  }

  const there = (day) => daily.listeners[day].reduce((sum, number) => sum + number, 0);
  const rowsOf = {
    plays: inParts(Object.entries(daily.levels).map(([level, plays]) => [level, (day) => plays[day]]).reverse(), "plays", "level"),
    listeners: inParts([["returning", (day) => there(day) - daily.new[day]], ["new", (day) => daily.new[day]]], "listeners", "kind"),
    week: (first, last) => meanWeek(first, last).flatMap((hours, weekday) =>
      hours.map((plays, hour) => ({ weekday: weekdays[weekday], hour, plays }))),
    unmatched: (first, last) => places(first, last).map((day) =>
      ({ day: start + day * DAY, plays: daily.plays[day], share: partOf(daily.plays[day] - daily.matched[day], daily.plays[day]) })),
  };

  // Showing the chosen days.
  const views = {};

  function showFigures(first, last) {
    const before = 2 * first - last - 1;
    const comparable = before >= daily.known;
    const now = measures(first, last);
    const then = comparable ? measures(before, first - 1) : null;
    for (const figure of document.querySelectorAll("[data-figure]")) {
      const name = figure.dataset.figure;
      figure.querySelector(".value").textContent = written(figures[name], now[name]);
      figure.querySelector(".change").textContent = then ? change(figures[name], now[name], then[name]) : "";
    }
    document.querySelector("[data-comparison]").textContent = comparable
      ? `, compared with ${told(before, first - 1)}`
      : "; no plays reach back far enough to compare with as many days before";
  }

  function showTables(first, last) {
    for (const row of document.querySelectorAll("tr[data-day]")) {
      row.hidden = row.dataset.day < first || row.dataset.day > last;
    }
    const cells = document.querySelectorAll("#week td");
    meanWeek(first, last).flat().forEach((plays, place) => { cells[place].textContent = written("ratio", plays); });
  }

  function show(first, last) {
    showFigures(first, last);
    showTables(first, last);
    for (const chosen of document.querySelectorAll("[data-chosen]")) chosen.textContent = told(first, last);
    for (const button of document.querySelectorAll("button[data-days]")) {
      button.setAttribute("aria-pressed", last === periodLast && Number(button.dataset.days) === last - first + 1);
    }
    for (const [name, of] of Object.entries(rowsOf)) views[name].data("rows", of(first, last)).runAsync();
  }

  // Choosing them.
  const form = document.getElementById("days");
  const { first: firstDay, last: lastDay } = form.elements;

  function problem(first, last) {
    const isDay = (place) => place >= periodFirst && place <= periodLast; // false of NaN, which is no day
    if (!isDay(first) || !isDay(last)) return `Choose days from ${told(periodFirst, periodLast)}.`;
    return first > last ? "The first day must not come after the last." : "";
  }

  function choose() {
    const [first, last] = [placeOf(firstDay.value), placeOf(lastDay.value)];
    const found = problem(first, last);
    document.getElementById("days-problem").textContent = found;
    for (const input of [firstDay, lastDay]) input.setAttribute("aria-invalid", found !== "");
    if (!found) show(first, last);
  }

  function chooseLast(days) {
    firstDay.value = isoDay(periodLast - days + 1);
    lastDay.value = isoDay(periodLast);
    choose();
  }

  async function draw(name) {
    const values = rowsOf[name] ? rowsOf[name](periodFirst, periodLast) : rows[name];
    const options = { actions: false, renderer: "svg", ast: true, tooltip: { disableDefaultStyle: true }, defaultStyle: false };
    const { view } = await vegaEmbed(`#chart-${name}`, { ...specs[name], data: { name: "rows", values } }, options);
    views[name] = view;
  }

  Promise.all(Object.keys(specs).map(draw)).then(() => {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", choose);
    for (const button of form.querySelectorAll("button[data-days]")) {
      button.addEventListener("click", () => chooseLast(Number(button.dataset.days)));
    }
    form.hidden = false;
    chooseLast(periodLast - periodFirst + 1);
    document.documentElement.dataset.drawn = "yes";
  });
})();
