// What every component is made with.
import { h, render, Fragment } from "../vendor/preact.js";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
import htm from "../vendor/htm.js";

const html = htm.bind(h);

export { Fragment, h, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };
