// Sizes, times and counts as people read them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** @param {number} bytes */
export function size(bytes) {
  let unit = 0;
  let value = Math.abs(bytes);
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${bytes < 0 ? "-" : ""}${value.toFixed(digits)} ${UNITS[unit]}`;
}

const NUMBERS = new Intl.NumberFormat("en");

/** @param {number} value */
export function count(value) {
  return NUMBERS.format(value);
}

/** @param {number} value @param {string} one @param {string} many */
export function counted(value, one, many) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const FULL = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** @param {string | number | null | undefined} moment RFC 3339, or unix seconds */
function dateOf(moment) {
  return new Date(typeof moment === "number" ? moment * 1000 : moment ?? 0);
}

/** @param {string | number} moment */
export function ago(moment) {
  const seconds = (dateOf(moment).getTime() - Date.now()) / 1000;
  const far = Math.abs(seconds);
  if (far < 60) return seconds > 0 ? "in a moment" : "just now";
  if (far < 3600) return AGO.format(Math.round(seconds / 60), "minute");
  if (far < 86400) return AGO.format(Math.round(seconds / 3600), "hour");
  if (far < 7 * 86400) return AGO.format(Math.round(seconds / 86400), "day");
  return DAY.format(dateOf(moment));
}

const UTC_DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

/** @param {string} date a day in UTC */
export function dayAgo(date) {
  const days = Math.round((Date.parse(date) - Date.parse(new Date().toISOString().slice(0, 10))) / 86400e3);
  return days > -7 ? AGO.format(days, "day") : UTC_DAY.format(new Date(date));
}

/** @param {string | number} moment */
export function full(moment) {
  return FULL.format(dateOf(moment));
}

/** @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** @param {string} name */
export function extension(name) {
  const at = name.lastIndexOf(".");
  return at > 0 ? name.slice(at + 1).toLowerCase() : "";
}
