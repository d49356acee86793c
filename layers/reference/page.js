// Shows the deployment's OpenAPI document with Swagger UI.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

/** What Swagger UI shows differently here. */
const ours = ({ React: { createElement, Fragment } }) => {
  const unseen = (kind, text) => createElement(kind, { className: "unseen" }, text);
  return {
    wrapComponents: {
      // A link within the button that opens an operation: no keyboard and no reader can tell them apart.
      DeepLink: () => ({ text }) => createElement("span", null, text),
      // There is one server, this one.
      ServersContainer: () => () => null,
      // The tags' headings are of the third level.
      InfoContainer: (Info) => (props) =>
        createElement("section", { "aria-label": "About" }, createElement(Info, props), unseen("h2", "Operations")),
      authorizationPopup: (Popup) => (props) =>
        createElement("div", { role: "dialog", "aria-label": "Keys" }, createElement(Popup, props)),
      CloseIcon: (Icon) => (props) =>
        createElement(Fragment, null, unseen("span", "Close"), createElement(Icon, props)),
      // Its name is what one reads on it.
      Button: (Button) => (props) =>
        createElement(Button, typeof props.children === "string" ? { ...props, "aria-label": null } : props),
    },
  };
};

const target = document.getElementById("reference");

// Fields of a form have no label of their own: their row has the name.
new MutationObserver(() => {
  for (const field of target.querySelectorAll("input:not([aria-label], [id]), select:not([aria-label], [id])")) {
    const { propertyName, paramName } = field.closest("[data-property-name], [data-param-name]")?.dataset ?? {};
    if (propertyName ?? paramName) field.setAttribute("aria-label", propertyName ?? paramName);
  }
}).observe(target, { childList: true, subtree: true });

fetch("v1/openapi.json")
  .then(async (answer) => {
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const spec = await answer.json();
    // Behind a proxy with another name, this is the name that the browser may ask.
    spec.servers = [{ url: new URL(".", location.href).href.replace(/\/$/, "") }];
    SwaggerUIBundle({
      spec,
      domNode: target,
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      plugins: [ours],
      validatorUrl: null,
    });
  })
  .catch((error) => {
    target.firstElementChild.textContent = `v1/openapi.json could not be loaded: ${error.message}.`;
  });
