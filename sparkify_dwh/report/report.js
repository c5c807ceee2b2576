"use strict";

// Draws the charts, and updates numbers, table rows and charts when the reader chooses days. The page as delivered shows
// the whole period. A day is an index into the daily numbers.
(() => {
  const { specs, rows, daily, figures, weekdays, formats } = JSON.parse(document.getElementById("report-data").textContent);
  if (daily === null) return;

  const DAY = 24 * 60 * 60 * 1000;
  const start = Date.parse(daily.first); // midnight UTC
  const [periodFirst, periodLast] = daily.period;
  const dateOf = (day) => new Date(start + day * DAY);
  const indexOf = (text) => Math.round((Date.parse(text) - start) / DAY);
  const isoDay = (day) => dateOf(day).toISOString().slice(0, 10);
  const days = (first, last) => Array.from({ length: last - first + 1 }, (_, offset) => first + offset);

  // Sums over the days from first to last.
  const total = (numbers, first, last) => days(first, last).reduce((sum, day) => sum + numbers[day], 0);
  const fraction = (part, whole) => (whole ? part / whole : null);

  // Listeners, or sessions, each counted once: on the day whose gap since the day before reaches back beyond the first day.
  function distinct(returns, first, last) {
    let sum = 0;
    for (const day of days(first, last)) {
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
      per_listener: fraction(plays, listeners),
      paid: fraction(total(daily.levels.paid, first, last), plays),
      unmatched: fraction(plays - total(daily.matched, first, last), plays),
    };
  }

  // Numbers and days as text, by the rules of formatting.py.
  function formatNumber(kind, value) {
    if (value === null) return formats.missing;
    const rules = formats.numbers[kind];
    const rule = rules.filter(({ at_least }) => value >= at_least).pop() ?? rules[0];
    if (rule.text !== null) return rule.text;
    const scale = 10 ** rule.decimals;
    const digits = { minimumFractionDigits: rule.decimals, maximumFractionDigits: rule.decimals };
    return (Math.floor((value / rule.unit) * scale + 0.5) / scale).toLocaleString("en-US", digits) + rule.suffix;
  }

  function formatChange(kind, value, before) {
    if (value === null || before === null) return "";
    const difference = value - before;
    if (difference === 0) return formats.unchanged;
    const sign = difference > 0 ? "+" : "−";
    const size = Math.abs(difference);
    if (kind === "share") return sign + formatNumber("points", size);
    return sign + formatNumber(kind, size) + (before ? ` (${sign}${formatNumber("share", size / before)})` : "");
  }

  function formatDays(first, last) {
    const [from, to] = [formats.days[first], formats.days[last]];
    if (first === last) return to;
    const [dayOfMonth, month] = from.split(/ (.*)/); // "15" and "November 2018"
    return `${to.endsWith(` ${month}`) ? dayOfMonth : from} to ${to}`;
  }

  // The rows of the charts that depend on the chosen days; their days are in milliseconds.
  function stacked(parts, measure, by) {
    return (first, last) => days(first, last).flatMap((day) =>
      parts.map(([name, value], position) => ({ day: start + day * DAY, [by]: name, [measure]: value(day), position })));
  }

  function meanWeek(first, last) {
    const week = weekdays.map(() => ({ days: 0, hours: new Array(24).fill(0) }));
    for (const day of days(first, last)) {
      const sums = week[(dateOf(day).getUTCDay() + 6) % 7];
      sums.days += 1;
      daily.hours[day - periodFirst].forEach((plays, hour) => { sums.hours[hour] += plays; });
    }
    return week.map(({ days, hours }) => hours.map((plays) => plays / Math.max(days, 1)));
  }

  const listenersOn = (day) => daily.listeners[day].reduce((sum, number) => sum + number, 0);
  const rowsOf = {
    plays: stacked(Object.entries(daily.levels).map(([level, plays]) => [level, (day) => plays[day]]).reverse(), "plays", "level"),
    listeners: stacked([["returning", (day) => listenersOn(day) - daily.new[day]], ["new", (day) => daily.new[day]]], "listeners", "kind"),
    week: (first, last) => meanWeek(first, last).flatMap((hours, weekday) =>
      hours.map((plays, hour) => ({ weekday: weekdays[weekday], hour, plays }))),
    unmatched: (first, last) => days(first, last).map((day) =>
      ({ day: start + day * DAY, plays: daily.plays[day], share: fraction(daily.plays[day] - daily.matched[day], daily.plays[day]) })),
  };

  // Show the chosen days.
  const views = {};

  function showFigures(first, last) {
    const before = 2 * first - last - 1;
    const comparable = before >= daily.known;
    const now = measures(first, last);
    const then = comparable ? measures(before, first - 1) : null;
    for (const figure of document.querySelectorAll("[data-figure]")) {
      const name = figure.dataset.figure;
      figure.querySelector(".value").textContent = formatNumber(figures[name], now[name]);
      figure.querySelector(".change").textContent = then ? formatChange(figures[name], now[name], then[name]) : "";
    }
    document.querySelector("[data-comparison]").textContent = comparable
      ? `, compared with ${formatDays(before, first - 1)}`
      : "; the warehouse has no plays from as many days before to compare with";
  }

  function showTables(first, last) {
    for (const row of document.querySelectorAll("tr[data-day]")) {
      row.hidden = row.dataset.day < first || row.dataset.day > last;
    }
    const cells = document.querySelectorAll("#week td");
    meanWeek(first, last).flat().forEach((plays, index) => { cells[index].textContent = formatNumber("ratio", plays); });
  }

  function show(first, last) {
    showFigures(first, last);
    showTables(first, last);
    for (const chosen of document.querySelectorAll("[data-chosen]")) chosen.textContent = formatDays(first, last);
    for (const button of document.querySelectorAll("button[data-days]")) {
      button.setAttribute("aria-pressed", last === periodLast && Number(button.dataset.days) === last - first + 1);
    }
    for (const [name, rowsFor] of Object.entries(rowsOf)) views[name].data("rows", rowsFor(first, last)).runAsync();
  }

  // The inputs that choose days.
  const form = document.getElementById("days");
  const { first: firstDay, last: lastDay } = form.elements;

  function problem(first, last) {
    const isDay = (day) => day >= periodFirst && day <= periodLast; // false for NaN, an empty input
    if (!isDay(first) || !isDay(last)) return `Choose days from ${formatDays(periodFirst, periodLast)}.`;
    return first > last ? "The first day must not come after the last." : "";
  }

  function choose() {
    const [first, last] = [indexOf(firstDay.value), indexOf(lastDay.value)];
    const message = problem(first, last);
    document.getElementById("days-problem").textContent = message;
    for (const input of [firstDay, lastDay]) input.setAttribute("aria-invalid", message !== "");
    if (!message) show(first, last);
  }

  function chooseLast(number) {
    firstDay.value = isoDay(periodLast - number + 1);
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
