// Saves what the page has as a file of the person's.

// A browser may begin to read the file after the click.
const HELD_MS = 60_000;

/** @param {Blob} data @param {string} name */
export function save(data, name) {
  const anchor = document.createElement("a");
  const address = URL.createObjectURL(data);
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), HELD_MS);
}
