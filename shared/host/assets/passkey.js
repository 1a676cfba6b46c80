// <form data-passkey="create" or "get" data-options="...">: asks the browser for a passkey, and
// sends its answer in the form. Without this script, or in a browser without passkeys, the form is
// hidden.
(() => {
  "use strict";
  const asks = {
    create: (options) =>
      navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
      }),
    get: (options) =>
      navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
      }),
  };
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = form.querySelector("[data-said]");
      said.textContent = "";
      try {
        const found = await asks[form.dataset.passkey](JSON.parse(form.dataset.options));
        form.elements.answer.value = JSON.stringify(found.toJSON());
      } catch (error) {
        said.textContent =
          error.name === "InvalidStateError"
            ? "This device has a passkey for you already."
            : "The browser gave no passkey. Nothing was changed; you can try again. A passkey " +
              "belongs to the address at which it was made: if this hub had another one before, " +
              "ask for a link with which you begin again.";
        return;
      }
      form.submit();
    });
  }
})();
