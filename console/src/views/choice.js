import { html } from "../dom.js";

/**
 * One of a few values. @template T
 * @param {{legend: string, name: string, options: Array<[T, string]>, value: T, onChange: (value: T) => void}} props
 */
export function Choice({ legend, name, options, value, onChange }) {
  return html`<fieldset><legend>${legend}</legend>${options.map(([each, label]) => html`<label key=${label}><input type="radio" name=${name} checked=${each === value} onChange=${() => onChange(each)} />${label}</label>`)}</fieldset>`;
}
