// What "this" means in a chat: what is selected or opened in the list, or else the folder that it shows.
import { store } from "./store.js";

/** @typedef {{id: string, name: string, folder: boolean}} Thing */

export const context = store(/** @type {Thing[]} */ ([]));
