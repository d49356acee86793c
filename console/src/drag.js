// Rows and files of the computer that are dragged onto a folder, wherever it is shown.
import { move } from "./actions.js";
import { droppedFiles } from "./drop.js";
import { receive } from "./incoming.js";
import { listing } from "./listing.js";
import { complain } from "./ui.js";

const ROWS = "application/x-larder-rows";

/** @param {DragEvent} event @param {import("./listing.js").Row[]} rows */
export function drag(event, rows) {
  event.dataTransfer?.setData(ROWS, rows.map((row) => row.id).join(","));
}

/** @param {DragEvent} event */
export const bringsFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

/** @param {string} target the id of a folder @param {string} name its name @param {DataTransfer} data */
export function dropInto(target, name, data) {
  const ids = data.getData(ROWS).split(",");
  const rows = listing.get().rows.filter((row) => ids.includes(row.id) && row.id !== target);
  const done = rows.length ? move(rows, target, name) : droppedFiles(data).then((files) => receive(files, target));
  done.catch(complain);
}

/** What makes an element a place to drop things into. @param {string} target @param {string} name */
export function dropTarget(target, name) {
  return {
    onDragOver: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      /** @type {HTMLElement} */ (event.currentTarget).classList.add("over");
    },
    onDragLeave: (/** @type {DragEvent} */ event) => /** @type {HTMLElement} */ (event.currentTarget).classList.remove("over"),
    onDrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      /** @type {HTMLElement} */ (event.currentTarget).classList.remove("over");
      // The view's hint that it takes files goes as well.
      dispatchEvent(new Event("dragend"));
      if (event.dataTransfer) dropInto(target, name, event.dataTransfer);
    },
  };
}
